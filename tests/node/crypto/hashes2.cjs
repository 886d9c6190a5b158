// Hashes: names, updates, copies, lengths, states, errors.
const crypto = require("crypto"),
  { show } = require("../show.js");
for (const name of [
  "md5",
  "sha1",
  "SHA224",
  "sha256",
  "sha384",
  "sha512",
  "sha512-256",
  "sha512-224",
  "sha3-224",
  "sha3-256",
  "sha3-384",
  "sha3-512",
  "RSA-SHA256",
  "ripemd160",
  "rmd160",
  "blake2b512",
  "blake2s256",
  "shake128",
  "shake256",
  "sm3",
])
  show(name, () => crypto.createHash(name).update("abc").digest("hex").slice(0, 32));
show("unknown", () => crypto.createHash("nope"));
show("number", () => crypto.createHash(5));
show("none", () => crypto.createHash());
show("parts", () => {
  const h = crypto.createHash("sha1");
  h.update("a").update(Buffer.from("b")).update("63", "hex");
  const c = h.copy();
  c.update("d");
  return [h.digest("hex"), c.digest("base64url")];
});
show("digest twice", () => {
  const h = crypto.createHash("md5");
  h.digest();
  return h.digest();
});
const h = crypto.createHash("sha256");
h.on("readable", () => {
  const d = h.read();
  if (d) console.log("stream", d.toString("hex").slice(0, 16));
}).on("end", () => console.log("end"));
h.write("a");
h.end("bc");
require("stream")
  .Readable.from(["ab", "c"])
  .pipe(crypto.createHash("md5"))
  .setEncoding("hex")
  .on("data", (d) => console.log("piped", d));
