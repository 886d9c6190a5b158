// What programs do with crypto every day.
const crypto = require("crypto");
console.log(
  crypto.createHash("sha256").update("a").update("b").digest("hex"),
  crypto.createHash("md5").update("é").digest("base64"),
);
console.log(
  crypto.createHmac("sha1", "key").update("message").digest("hex"),
  crypto.hash("sha512", "x").length,
  crypto.createHash("sha3-256").update("").digest("base64url"),
);
console.log(
  crypto.randomBytes(16).toString("hex").length,
  crypto.randomUUID().split("-").length,
  crypto.randomInt(1, 2),
  crypto.getRandomValues(new Uint8Array(4)).length,
);
console.log(
  crypto.pbkdf2Sync("password", "salt", 1000, 32, "sha256").toString("hex"),
  crypto.scryptSync("password", "salt", 16, { N: 1024 }).toString("hex"),
);
console.log(
  Buffer.from(crypto.hkdfSync("sha256", "key", "salt", "info", 16)).toString("hex"),
  crypto.timingSafeEqual(Buffer.from("same"), Buffer.from("same")),
);
const stream = crypto.createHash("sha1");
stream.on("finish", () => console.log(stream.read().toString("hex")));
stream.write("streamed");
stream.end();
crypto.subtle
  .digest("SHA-256", Buffer.from("ab"))
  .then((digest) => console.log(Buffer.from(digest).toString("hex").slice(0, 16)));
