const { StringDecoder } = require("string_decoder");
const decoder = new StringDecoder("utf8");
console.log(JSON.stringify([decoder.write(Buffer.from([0xe2, 0x82])), decoder.write(Buffer.from([0xac, 0x41])), decoder.write(Buffer.from([0xf0, 0x9f])), decoder.end()]));
const wide = new StringDecoder("utf16le");
console.log(JSON.stringify([wide.write(Buffer.from([0x61])), wide.write(Buffer.from([0x00, 0x3d, 0xd8])), wide.write(Buffer.from([0x4d, 0xdc])), wide.end()]));
const base = new StringDecoder("base64");
console.log(base.write(Buffer.from("a")), base.write(Buffer.from("bcd")), base.end());
try { new StringDecoder("x"); } catch (error) { console.log(error.code, error.message); }
