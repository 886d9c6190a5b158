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
show("byteLength bad", () => B.byteLength(5));
show("entries", () => [
  [...B.from("ab").entries()].join(";"),
  [...B.from("ab").keys()].join(),
  [...B.from("ab")].join(),
]);
show("names", () => [B.name, B.length, Object.keys(B).sort().join(), B.alloc(0)[Symbol.toStringTag], String(B)[0]]);
