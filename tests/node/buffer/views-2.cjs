// Views, ranges and memory that buffers share with each other.
const memory = new ArrayBuffer(8);
const { show } = require("../show.js");
show("view", () => Buffer.from(new Uint16Array([1, 258, 65535])));
show("data view", () => Buffer.from(new DataView(memory, 2, 2)));
const buffer = Buffer.from("abcdef");
const part = buffer.subarray(-4, -1);
part[0] = 0x21;
show("subarray", () => [
  part.toString(),
  buffer.toString(),
  part.parent === buffer.buffer,
  part.offset - buffer.offset,
]);
show("slice", () => [
  buffer.slice(2).toString(),
  buffer.slice(-2, undefined).toString(),
  buffer.slice(4, 2).length,
  buffer.slice("1", "3").toString(),
]);
show("copy bytes", () => Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1));
show("copy bytes past", () => Buffer.copyBytesFrom(new Uint8Array(3), 4));
show("copy bytes bad", () => Buffer.copyBytesFrom("abc"));
