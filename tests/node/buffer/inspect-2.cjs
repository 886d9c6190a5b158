// How buffers print, alone and in other values.
const util = require("util"),
  buffer = require("buffer");
buffer.INSPECT_MAX_BYTES = 3;
buffer.INSPECT_MAX_BYTES = 50;
const named = Buffer.from("x");
named.extra = { a: 1 };
class Special extends Uint8Array {}
console.log(
  util.inspect(new Uint8Array(200)).split("\n").length,
  util.inspect(new Uint8Array(5), { maxArrayLength: 2 }),
  util.inspect(Buffer.from("a"), { showHidden: true }),
);
console.log(
  util.format("%s %d %j %o", Buffer.from("a"), Buffer.from("5"), Buffer.from("j"), Buffer.from("o")).split("\n")[0],
);
console.log(
  `${Buffer.from("text")}`,
  Buffer.from("a") + "b",
  String(Buffer.from("é")),
  Buffer.from("x").toLocaleString(),
);
console.log(Object.prototype.toString.call(Buffer.from("")), Buffer.from("q").toJSON());
buffer.INSPECT_MAX_BYTES = Infinity;
console.log(util.inspect(Buffer.alloc(70)).length);
try {
  buffer.INSPECT_MAX_BYTES = -1;
} catch (error) {
  console.log(error.code, error.message);
}
