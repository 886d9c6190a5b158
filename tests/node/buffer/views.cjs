// Views, ranges and memory that buffers share with each other.
const memory = new ArrayBuffer(8);
const { show } = require("../show.js");
show("offset", () => Buffer.from(memory, 2, 3).byteOffset);
show("length", () => Buffer.from(memory, 2).length);
show("undefined offset", () => Buffer.from(memory, undefined, undefined).length);
show("NaN", () => Buffer.from(memory, NaN, "2").length);
show("past", () => Buffer.from(memory, 9));
show("too long", () => Buffer.from(memory, 2, 7));
show("negative", () => Buffer.from(memory, 2, -7).length);
const buffer = Buffer.from("abcdef");
const part = buffer.subarray(-4, -1);
part[0] = 0x21;
