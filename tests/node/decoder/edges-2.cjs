// StringDecoder: characters cut anywhere, in each encoding.
const { StringDecoder } = require("string_decoder");
const { show } = require("../show.js");
const cut = (encoding, bytes, sizes) => {
  const d = new StringDecoder(encoding),
    out = [];
  let at = 0;
  for (const size of sizes) {
    out.push(d.write(bytes.subarray(at, at + size)));
    at += size;
  }
  out.push(d.end());
  return JSON.stringify(out);
};
const text = Buffer.from("aé€😀z");
const wide = Buffer.from("a😀\ud83dz", "utf16le");
show("text", () => [new StringDecoder().write("as it is"), new StringDecoder("hex").write("q")]);
show("view", () => new StringDecoder().write(new DataView(Buffer.from("abc").buffer.slice(0, 0))));
show("bad", () => new StringDecoder("nope"));
show("number", () => new StringDecoder().write(5));
show("null", () => new StringDecoder(null).encoding);
show("without new", () => StringDecoder("utf8"));
