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
show("transcode bad", () => transcode(B.from("a"), "utf8", "hex"));
show("atob", () => [a(" YQ = = "), b("\xff"), a("")]);
show("atob bad", () => a("a"));
show("btoa bad", () => b("€"));
show("isBuffer", () => [B.isBuffer(new Uint8Array(1)), B.isBuffer(B.alloc(0)), B.isBuffer({ __proto__: B.prototype })]);
show("byteLength", () => [
  B.byteLength("é"),
  B.byteLength(new ArrayBuffer(3)),
  B.byteLength(new DataView(new ArrayBuffer(3), 1)),
]);
