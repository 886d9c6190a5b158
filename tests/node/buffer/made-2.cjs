// What makes a buffer, what does not, and what it says.
const {
  Buffer: B,
  constants,
  kMaxLength,
  SlowBuffer,
  isUtf8,
  isAscii,
  transcode,
  btoa: b,
  atob: a,
  INSPECT_MAX_BYTES,
} = require("buffer");
const { show } = require("../show.js");
show("of", () => B.of(1, 2, 300));
show("new", () => [new B(3).length, B("abc").toString()]);
show("constants", () => [constants.MAX_LENGTH === kMaxLength, INSPECT_MAX_BYTES, B.poolSize]);
show("utf8", () => [
  isUtf8(B.from([0xc3, 0xa9])),
  isUtf8(B.from([0xc3])),
  isAscii(B.from([127])),
  isAscii(new Uint8Array([128])),
  isUtf8(new ArrayBuffer(0)),
]);
show("utf8 bad", () => isUtf8("a"));
show("transcode", () => [
  transcode(B.from("€"), "utf8", "latin1"),
  transcode(B.from("é"), "utf8", "ucs2"),
  transcode(B.from("é", "latin1"), "latin1", "utf8"),
]);
