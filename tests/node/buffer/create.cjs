// How buffers are made.
const { Buffer } = require("node:buffer");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
show(() => Buffer.from("text"));
show(() => Buffer.from("ff0g", "hex"));
show(() => Buffer.from("abc", "hex"));
show(() => Buffer.from("aGVsbG8", "base64"));
show(() => Buffer.from("a-_b", "base64url"));
show(() => Buffer.from("aGVs\nbG8=", "base64"));
show(() => Buffer.from("é", "latin1"));
show(() => Buffer.from("é€", "ascii"));
show(() => Buffer.from("ab", "utf16le"));
show(() => Buffer.from("x", "nope"));
show(() => Buffer.from([1, 256, -1, 1.9, "3"]));
show(() => Buffer.from(new Uint16Array([1, 257])));
show(() => Buffer.from(new ArrayBuffer(4), 1, 2));
show(() => Buffer.from(new ArrayBuffer(4), 5));
show(() => Buffer.from({ type: "Buffer", data: [1, 2] }));
show(() => Buffer.from({ length: 2, 0: 5, 1: 6 }));
show(() => Buffer.from(new String("wrapped")));
show(() => Buffer.from(5));
show(() => Buffer.from(null));
show(() => Buffer.from());
show(() => Buffer.from({}));
show(() => Buffer.alloc(3));
show(() => Buffer.alloc(5, "ab"));
show(() => Buffer.alloc(4, 257));
show(() => Buffer.alloc(4, "616", "hex"));
show(() => Buffer.alloc("5"));
show(() => Buffer.allocUnsafe(2).length);
show(() => Buffer.concat([Buffer.from("a"), Buffer.from("bc")]));
show(() => Buffer.concat([Buffer.from("abc")], 2));
show(() => Buffer.concat([Buffer.from("a")], 3));
show(() => Buffer.concat("x"));
show(() => Buffer.concat([1]));
show(() => Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1));
show(() => [Buffer.byteLength("é€"), Buffer.byteLength("ff", "hex"), Buffer.byteLength("aGk=", "base64"), Buffer.byteLength(new ArrayBuffer(3))]);
show(() => Buffer.byteLength(5));
show(() => [Buffer.isBuffer(Buffer.alloc(0)), Buffer.isBuffer(new Uint8Array()), Buffer.isEncoding("UTF-8"), Buffer.isEncoding("nope"), Buffer.poolSize]);
show(() => [Buffer.compare(Buffer.from("a"), Buffer.from("b")), Buffer.compare(Buffer.from("b"), Buffer.from("a"))]);
show(() => Buffer.compare("a", Buffer.from("b")));
