// Digests and keyed digests.
const crypto = require("node:crypto");
for (const name of ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512-256", "sha3-256", "sha3-512", "ripemd160", "SHA256", "RSA-SHA256"]) {
  console.log(name, crypto.createHash(name).update("hello").digest("hex").slice(0, 40), crypto.createHmac(name, "key").update("hello").digest("base64").slice(0, 24));
}
const hash = crypto.createHash("sha256").update("a").update(Buffer.from("b"));
const copy = hash.copy();
console.log(hash.update("c").digest("base64url"), copy.update("c").digest("base64url") === crypto.createHash("sha256").update("abc").digest("base64url"));
console.log(crypto.createHash("md5").digest(), crypto.createHash("sha1").update("é", "latin1").digest("latin1").length);
console.log(crypto.createHmac("sha256", Buffer.alloc(200, 1)).update("long key").digest("hex"));
console.log(crypto.hash("sha1", "text"), crypto.hash("sha1", Buffer.from("text"), "base64"));
const hmac = crypto.createHmac("sha1", "k");
console.log(hmac.digest("hex").length, hmac.digest("hex"));
const stream = crypto.createHash("sha256");
stream.end("streamed");
stream.on("readable", () => { const part = stream.read(); if (part) console.log(part.toString("hex")); });
const show = (run) => {
  try {
    console.log("no error", run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
show(() => crypto.createHash("nope"));
show(() => crypto.createHash());
show(() => crypto.createHash("md5").update(5));
show(() => crypto.createHash("md5").update());
show(() => { const h = crypto.createHash("md5"); h.digest(); h.digest(); });
show(() => { const h = crypto.createHash("md5"); h.digest(); h.update("x"); });
show(() => { const h = crypto.createHash("md5"); h.digest(); h.copy(); });
show(() => crypto.createHmac("nope", "key"));
show(() => crypto.createHmac("md5"));
show(() => crypto.createHmac("md5", null));
show(() => crypto.createHmac());
console.log(crypto.timingSafeEqual(Buffer.from("abc"), Buffer.from("abc")), crypto.timingSafeEqual(Buffer.from("abc"), Buffer.from("abd")));
show(() => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("ab")));
show(() => crypto.timingSafeEqual("a", "a"));
