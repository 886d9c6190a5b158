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
for (const value of [
  5,
  null,
  undefined,
  true,
  Symbol("s"),
  () => 1,
  {},
  { length: 2, 0: 257, 1: "7" },
  { length: "x" },
  { type: "Buffer", data: [1, 2] },
  { type: "Buffer" },
  new String("boxed"),
  {
    valueOf() {
      return "valued";
    },
  },
  {
    [Symbol.toPrimitive]() {
      return "primitive";
    },
  },
  [1.9, -1, "3", null, 300],
  new Set([1]),
])
  show(typeof value, () => B.from(value));
for (const size of [-1, NaN, "5", 1.5, Infinity, undefined, 0]) show("alloc", () => B.alloc(size).length);
show("alloc fill", () => [
  B.alloc(4, "ab"),
  B.alloc(4, 257),
  B.alloc(4, "YQ==", "base64"),
  B.alloc(2, undefined),
  B.alloc(3, "é"),
]);
show("alloc bad", () => B.alloc(4, "a", "nope"));
show("alloc odd", () => B.alloc(2, ""));
show("unsafe", () => [B.allocUnsafe(3).length, B.allocUnsafeSlow(3).buffer.byteLength]);
