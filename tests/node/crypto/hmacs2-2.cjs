// HMAC, timingSafeEqual, keys, derivations.
const crypto = require("crypto"),
  { show } = require("../show.js");
show("encoding", () => crypto.createHmac("md5", "c3a9", { encoding: "hex" }).update("x").digest("hex"));
show("equal", () => [
  crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("a")),
  crypto.timingSafeEqual(new Uint16Array([1]), new Uint8Array([1, 0])),
  crypto.timingSafeEqual(new ArrayBuffer(0), Buffer.alloc(0)),
]);
show("equal length", () => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("ab")));
show("equal text", () => crypto.timingSafeEqual("a", "a"));
show("secret", () => {
  const k = crypto.createSecretKey("abcd", "hex");
  return [
    k.type,
    k.symmetricKeySize,
    k.export().toString("hex"),
    k.export({ format: "jwk" }),
    k.equals(crypto.createSecretKey(Buffer.from("abcd", "hex"))),
    k,
  ];
});
show("secret bad", () => crypto.createSecretKey(5));
crypto.pbkdf2("p", "s", 2, 4, "sha256", (e, k) => {
  console.log(e, k);
  crypto.scrypt("p", "s", 4, (e, k) => {
    console.log(e, k);
    crypto.hkdf("sha1", "k", "s", "i", 4, (e, k) => console.log(e, k));
  });
});
