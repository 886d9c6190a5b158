// HMAC, timingSafeEqual, keys, derivations.
const crypto = require("crypto"),
  { show } = require("../show.js");
show("export bad", () => crypto.createSecretKey(Buffer.from("a")).export({ format: "pem" }));
show("pbkdf2", () => [
  crypto.pbkdf2Sync("p", "s", 1, 20, "sha1").toString("hex"),
  crypto.pbkdf2Sync(Buffer.from("p"), new Uint8Array([115]), 3, 7, "sha512").toString("hex"),
  crypto.pbkdf2Sync("p", "s", 1, 0, "sha1").length,
]);
for (const bad of [
  [5, "s", 1, 1, "sha1"],
  ["p", "s", 0, 1, "sha1"],
  ["p", "s", "1", 1, "sha1"],
  ["p", "s", 1, -1, "sha1"],
  ["p", "s", 1, 1.5, "sha1"],
  ["p", "s", 1, 1, "nope"],
  ["p", "s", 1, 1],
])
  show("pbkdf2 bad", () => crypto.pbkdf2Sync(...bad));
show("scrypt", () => [
  crypto.scryptSync("p", "s", 16, { N: 16 }).toString("hex"),
  crypto.scryptSync("", "", 8, { cost: 4, blockSize: 2, parallelization: 2 }).toString("hex"),
]);
for (const bad of [
  ["p", "s", 8, { N: 3 }],
  ["p", "s", 8, { N: 2 ** 20 }],
  ["p", "s", -1],
  ["p", 5, 8],
  ["p", "s", 8, { N: 16, cost: 16 }],
  ["p", "s", 8, { N: "x" }],
  ["p", "s", 8, { maxmem: 1 }],
])
  show("scrypt bad", () => crypto.scryptSync(...bad));
show("hkdf", () => [
  Buffer.from(crypto.hkdfSync("sha256", "key", "salt", "info", 20)).toString("hex"),
  crypto.hkdfSync("sha1", Buffer.from("k"), "", "", 4),
]);
crypto.pbkdf2("p", "s", 2, 4, "sha256", (e, k) => {
  console.log(e, k);
  crypto.scrypt("p", "s", 4, (e, k) => {
    console.log(e, k);
    crypto.hkdf("sha1", "k", "s", "i", 4, (e, k) => console.log(e, k));
  });
});
