// Hashes: names, updates, copies, lengths, states, errors.
const crypto = require("crypto"),
  { show } = require("../show.js");
show("words", () =>
  crypto
    .createHash("md5")
    .update(new Uint16Array([0x6261]))
    .digest("hex"),
);
show("surrogate", () => crypto.createHash("md5").update("\ud800").digest("hex"));
show("length", () => [
  crypto.createHash("shake256", { outputLength: 8 }).update("a").digest("hex"),
  crypto.createHash("shake128", { outputLength: 0 }).digest("hex"),
]);
show("length bad", () => crypto.createHash("sha256", { outputLength: 5 }).digest());
show("length type", () => crypto.createHash("shake128", { outputLength: "x" }));
show("one", () => [
  crypto.hash("sha1", "abc"),
  crypto.hash("md5", Buffer.from("x"), "base64"),
  crypto.hash("md5", "x", "buffer"),
]);
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
