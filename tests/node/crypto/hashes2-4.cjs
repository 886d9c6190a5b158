// Hashes: names, updates, copies, lengths, states, errors.
const crypto = require("crypto"),
  { show } = require("../show.js");
show("one bad", () => crypto.hash("nope", "x"));
show("one data", () => crypto.hash("md5", 5));
show("lists", () => [
  crypto.getHashes().includes("sha256"),
  crypto.getHashes().includes("RSA-SHA1"),
  Object.isFrozen(crypto.getHashes()),
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
