// Keys made of passwords; random numbers.
const crypto = require("node:crypto");
console.log(crypto.pbkdf2Sync("password", "salt", 1000, 32, "sha256").toString("hex"));
console.log(crypto.pbkdf2Sync("password", Buffer.from("salt"), 1, 20, "sha1").toString("hex"), crypto.pbkdf2Sync("", "", 1, 3, "md5").length);
console.log(crypto.scryptSync("password", "salt", 32, { N: 1024 }).toString("hex"));
console.log(crypto.scryptSync("", "", 64, { N: 16, r: 1, p: 1 }).toString("hex"));
console.log(Buffer.from(crypto.hkdfSync("sha512", "key", "salt", "info", 40)).toString("hex"));
crypto.pbkdf2("password", "salt", 10, 16, "sha512", (error, key) => {
  console.log(error, key.toString("hex"));
  crypto.scrypt("password", "salt", 16, { cost: 64 }, (failure, other) => {
    console.log(failure, other.toString("hex"));
    crypto.hkdf("sha256", "key", "salt", "info", 8, (none, last) => console.log(none, Buffer.from(last).toString("hex")));
  });
});
const show = (run) => {
  try {
    console.log("no error", run());
  } catch (error) {
    console.log(error.name, error.code);
  }
};
show(() => crypto.pbkdf2Sync("p", "s", 1, 1, "nope"));
show(() => crypto.pbkdf2Sync("p", "s", 0, 1, "sha1"));
show(() => crypto.pbkdf2Sync("p", "s", 1, -1, "sha1"));
show(() => crypto.pbkdf2Sync(5, "s", 1, 1, "sha1"));
show(() => crypto.pbkdf2("p", "s", 1, 1, "sha1"));
show(() => crypto.scryptSync("p", "s", 1, { N: 3 }));
show(() => crypto.scryptSync("p", "s", 1, { N: 2 ** 20 }));
show(() => crypto.hkdfSync("nope", "k", "s", "i", 1));
show(() => crypto.hkdfSync("sha1", "k", "s", "i", 100000));
show(() => crypto.randomBytes(-1));
show(() => crypto.randomBytes("1"));
show(() => crypto.randomInt(5, 5));
show(() => crypto.randomInt(1.5));
show(() => crypto.randomFillSync("x"));
console.log(crypto.randomBytes(10).length, crypto.randomBytes(0).length, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()));
const numbers = Array.from({ length: 200 }, () => crypto.randomInt(3, 6));
console.log(Math.min(...numbers), Math.max(...numbers), crypto.randomInt(1));
const filled = crypto.randomFillSync(Buffer.alloc(8), 4, 2);
console.log(filled.subarray(0, 4), filled.subarray(6));
const key = crypto.createSecretKey("secret", "utf8");
console.log(key.type, key.symmetricKeySize, key.export().toString(), crypto.createHmac("sha1", key).update("x").digest("hex") === crypto.createHmac("sha1", "secret").update("x").digest("hex"), key.equals(crypto.createSecretKey(Buffer.from("secret"))));
console.log(crypto.getHashes().includes("sha256"), crypto.webcrypto === globalThis.crypto, crypto.subtle === globalThis.crypto.subtle);
