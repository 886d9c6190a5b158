// Text that comes in pieces.
const { StringDecoder } = require("node:string_decoder");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
const pieces = (encoding, ...parts) => {
  const decoder = new StringDecoder(encoding);
  return JSON.stringify([...parts.map((part) => decoder.write(Buffer.from(part))), decoder.end()]);
};
console.log(pieces("utf8", [0xe2], [0x82], [0xac]), pieces("utf8", [0xe2, 0x82]), pieces("utf8", [0xff, 0x41]), pieces("utf8", [0xf0, 0x9f], [0x98, 0x80, 0xe2]), pieces("utf8", [0xc3], [0x41]));
console.log(pieces("utf16le", [0x61], [0x00, 0x3d, 0xd8], [0x00, 0xde]), pieces("utf16le", [0x61, 0x00, 0x3d]), pieces("ucs2", [0x3d, 0xd8]));
console.log(pieces("base64", [1], [2], [3], [4]), pieces("base64", [1, 2, 3, 4, 5]), pieces("base64url", [0xfb, 0xff]), pieces("hex", [1], [255]), pieces("latin1", [0xe9], [0xff]), pieces("ascii", [0xe9, 0x41]));
const decoder = new StringDecoder("utf8");
console.log(decoder.encoding, decoder.lastNeed, decoder.lastTotal, decoder.write(Buffer.from([0xe2, 0x82])), decoder.lastNeed, decoder.lastTotal, JSON.stringify(decoder.end(Buffer.from([0xac, 0x41]))), decoder.end());
console.log(new StringDecoder().encoding, new StringDecoder("UTF-8").encoding, new StringDecoder("binary").encoding, new StringDecoder("utf-16le").encoding);
console.log(new StringDecoder().write("text"), new StringDecoder().write(new Uint8Array([65])), new StringDecoder().end("x"));
show(() => new StringDecoder("nope"));
show(() => new StringDecoder(5));
show(() => new StringDecoder().write(5));
show(() => new StringDecoder().write(null));
