// How buffers print, alone and in other values.
const util = require("util"),
  buffer = require("buffer");
console.log(Buffer.alloc(0), Buffer.from("abc"), [Buffer.from("a")], { b: Buffer.from("b") });
console.log(Buffer.alloc(60, 7));
buffer.INSPECT_MAX_BYTES = 3;
console.log(Buffer.alloc(5, 255), Buffer.alloc(3, 1), Buffer.alloc(4));
buffer.INSPECT_MAX_BYTES = 50;
const named = Buffer.from("x");
named.extra = { a: 1 };
console.log(named, util.inspect(named, { compact: false }));
class Special extends Uint8Array {}
console.log(
  new Special(2),
  new Uint8Array(3),
  new Float64Array([0.5, -0]),
  new BigInt64Array([1n]),
  new Uint8ClampedArray([300, -1]),
);
console.log(new ArrayBuffer(4), new DataView(new ArrayBuffer(2), 1), new SharedArrayBuffer(2));
buffer.INSPECT_MAX_BYTES = Infinity;
try {
  buffer.INSPECT_MAX_BYTES = -1;
} catch (error) {
  console.log(error.code, error.message);
}
