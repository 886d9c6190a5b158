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
for (const sizes of [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2], [3, 3, 3, 3], [6, 1, 1, 1, 2], [7], [8]])
  show("utf8 " + sizes, () => cut("utf8", text, sizes));
const wide = Buffer.from("a😀\ud83dz", "utf16le");
for (const sizes of [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 3, 3], [4, 6], [5, 2, 2], [8]])
  show("ucs2 " + sizes, () => cut("ucs2", wide, sizes));
for (const sizes of [[1, 1, 1, 1], [2, 2], [4, 1], [5, 5], [3]])
  show("base64 " + sizes, () => [
    cut("base64", text, sizes),
    cut("base64url", text, sizes),
    cut("hex", text, sizes),
    cut("latin1", text, sizes),
  ]);
for (const bytes of [
  [0xff],
  [0xc3],
  [0xc3, 0x28],
  [0xe2, 0x82],
  [0xe2, 0x28, 0xa1],
  [0xf0, 0x9f, 0x98],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc0, 0x80],
  [0xef, 0xbb, 0xbf, 0x61],
])
  show(bytes.join(), () => [cut("utf8", Buffer.from(bytes), [1, 1, 1, 1]), cut("utf8", Buffer.from(bytes), [4])]);
show("end with", () => {
  const d = new StringDecoder();
  return [d.end(Buffer.from([0xe2])), d.write(Buffer.from([0x82])), d.end(), d.end()];
});
show("state", () => {
  const d = new StringDecoder("UTF-8");
  d.write(Buffer.from([0xe2]));
  return [d.encoding, d.lastNeed, d.lastTotal, d.lastChar];
});
