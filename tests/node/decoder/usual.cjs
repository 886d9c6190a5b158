// Text that arrives in pieces.
const { StringDecoder } = require("string_decoder");
const pieces = (encoding, buffer, size) => {
  const decoder = new StringDecoder(encoding),
    out = [];
  for (let i = 0; i < buffer.length; i += size) out.push(decoder.write(buffer.subarray(i, i + size)));
  out.push(decoder.end());
  return out;
};
const text = "a€😀é";
for (const size of [1, 2, 3, 5])
  console.log(size, pieces("utf8", Buffer.from(text), size), pieces("utf8", Buffer.from(text), size).join("") === text);
console.log(
  pieces("utf16le", Buffer.from("aé", "utf16le"), 3),
  pieces("base64", Buffer.from("hello"), 2),
  pieces("hex", Buffer.from("hi"), 1),
  pieces("latin1", Buffer.from("é", "latin1"), 1),
);
const decoder = new StringDecoder();
console.log(
  decoder.write(Buffer.from([0xe2, 0x82])),
  decoder.end(Buffer.from([0xac, 0x21])),
  decoder.end(),
  decoder.encoding,
  new StringDecoder("UTF-16LE").encoding,
);
console.log(
  JSON.stringify(pieces("utf8", Buffer.from([0xe2, 0x82, 0x41, 0xff, 0xc3]), 2)),
  new StringDecoder("ascii").write(Buffer.from([200, 65])).length,
);
