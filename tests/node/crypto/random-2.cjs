// Random numbers: forms, ranges, errors.
const crypto = require("crypto"),
  { show } = require("../show.js");
for (const bad of [
  ["x"],
  [Buffer.alloc(2), 3],
  [Buffer.alloc(2), -1],
  [Buffer.alloc(2), 0, 3],
  [Buffer.alloc(2), "0"],
  [5],
])
  show("fill bad", () => crypto.randomFillSync(...bad));
show("values", () => [
  crypto.getRandomValues(new Int8Array(3)).length,
  crypto.webcrypto.getRandomValues(new BigInt64Array(1)).length,
]);
show("values float", () => crypto.getRandomValues(new Float32Array(1)));
show("values long", () => crypto.getRandomValues(new Uint8Array(65537)));
show("values text", () => crypto.getRandomValues("x"));
show("uuid", () => [
  /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
  crypto.randomUUID({ disableEntropyCache: true }).length,
  globalThis.crypto.randomUUID().length,
]);
show("uuid bad", () => crypto.randomUUID(5));
crypto.randomBytes(4, (e, b) => {
  console.log(e, b.length);
  crypto.randomInt(9, (e, n) => {
    console.log(e, n < 9);
    crypto.randomFill(Buffer.alloc(3), 1, (e, b) => console.log(e, b[0], b.length));
  });
});
