// HMAC, timingSafeEqual, keys, derivations.
const crypto = require("crypto"),
  { show } = require("../show.js");
for (const key of [
  "",
  "k",
  Buffer.alloc(200, 1),
  new Uint16Array([1, 2]),
  new ArrayBuffer(3),
  crypto.createSecretKey(Buffer.from("sec")),
])
  show("key", () => crypto.createHmac("sha256", key).update("data").digest("hex").slice(0, 16));
show("bad key", () => crypto.createHmac("sha256", 5));
show("null key", () => crypto.createHmac("sha256", null));
show("bad hash", () => crypto.createHmac("nope", "k"));
show("twice", () => {
  const h = crypto.createHmac("md5", "k");
  h.digest();
  return [h.digest().length, h.digest("hex")];
});
show("update after", () => {
  const h = crypto.createHmac("md5", "k");
  h.digest();
  h.update("x");
});
crypto.pbkdf2("p", "s", 2, 4, "sha256", (e, k) => {
  console.log(e, k);
  crypto.scrypt("p", "s", 4, (e, k) => {
    console.log(e, k);
    crypto.hkdf("sha1", "k", "s", "i", 4, (e, k) => console.log(e, k));
  });
});
