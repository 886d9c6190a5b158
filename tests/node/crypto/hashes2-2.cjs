// Hashes: names, updates, copies, lengths, states, errors.
const crypto = require("crypto"),
  { show } = require("../show.js");
show("update after", () => {
  const h = crypto.createHash("md5");
  h.digest();
  h.update("x");
});
show("copy after", () => {
  const h = crypto.createHash("md5");
  h.digest();
  h.copy();
});
show("update number", () => crypto.createHash("md5").update(5));
show("update none", () => crypto.createHash("md5").update());
show("encodings", () =>
  ["hex", "base64", "base64url", "latin1", "buffer", undefined]
    .map((e) => crypto.createHash("md5").update("é", "latin1").digest(e))
    .map((x) => x.length),
);
show("views", () =>
  crypto
    .createHash("md5")
    .update(new DataView(Uint8Array.from([1, 97, 98]).buffer, 1))
    .digest("hex"),
);
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
