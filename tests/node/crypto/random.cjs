// Random numbers: forms, ranges, errors.
const crypto = require("crypto"),
  { show } = require("../show.js");
show("bytes", () => [
  crypto.randomBytes(5).length,
  crypto.randomBytes(0),
  Buffer.isBuffer(crypto.pseudoRandomBytes(3)),
  crypto.rng === crypto.randomBytes,
]);
for (const bad of [-1, 1.5, "5", 2 ** 31, NaN, undefined]) show("bytes bad", () => crypto.randomBytes(bad).length);
show("int", () => {
  const all = new Set();
  for (let i = 0; i < 300; i++) all.add(crypto.randomInt(3));
  return [...all].sort().join();
});
show("int range", () => {
  const all = new Set();
  for (let i = 0; i < 300; i++) all.add(crypto.randomInt(-2, 2));
  return [...all].sort((a, b) => a - b).join();
});
for (const bad of [[0], [5, 5], [1.5], ["3"], [0, 2 ** 48], [3, 1], [-(2 ** 53), 1], []])
  show("int bad", () => crypto.randomInt(...bad));
show("int big", () => crypto.randomInt(2 ** 47, 2 ** 47 + 1) === 2 ** 47);
show("fill", () => {
  const b = Buffer.alloc(6);
  crypto.randomFillSync(b, 2, 2);
  return [
    b[0],
    b[1],
    b[4],
    b[5],
    crypto.randomFillSync(new Uint32Array(2)) instanceof Uint32Array,
    crypto.randomFillSync(new ArrayBuffer(4)).byteLength,
    crypto.randomFillSync(new DataView(new ArrayBuffer(2))).byteLength,
  ];
});
crypto.randomBytes(4, (e, b) => {
  console.log(e, b.length);
  crypto.randomInt(9, (e, n) => {
    console.log(e, n < 9);
    crypto.randomFill(Buffer.alloc(3), 1, (e, b) => console.log(e, b[0], b.length));
  });
});
