// Views, ranges and memory that buffers share with each other.
const memory = new ArrayBuffer(8);
const { show } = require("../show.js");
const buffer = Buffer.from("abcdef");
const part = buffer.subarray(-4, -1);
part[0] = 0x21;
show("copy bytes negative", () => Buffer.copyBytesFrom(new Uint8Array(3), -1));
show("typed", () => new Uint8Array(buffer.buffer, buffer.byteOffset, 2).join());
show("species", () => [buffer.map((x) => x + 1) instanceof Buffer, buffer.filter((x) => x > 99).toString()]);
show("set", () => {
  const b = Buffer.alloc(4);
  b.set([1, 2], 2);
  return b;
});
show("set past", () => Buffer.alloc(1).set([1, 2]));
