// Numbers of every width at the edges, with the errors of values and places.
const { show } = require("../show.js");
const b = Buffer.alloc(8);
for (const [method, value] of [
  ["writeUInt8", 256],
  ["writeInt8", -129],
  ["writeUInt16LE", 65536],
  ["writeInt32BE", 2 ** 31],
  ["writeUInt32LE", -1],
  ["writeBigInt64LE", 2n ** 63n],
  ["writeBigUInt64BE", -1n],
  ["writeBigUInt64BE", 1],
]) {
  show(method, () => b[method](value));
}
for (const width of [1, 2, 3, 4, 5, 6]) {
  show("int " + width, () => [
    b.writeIntBE(-2, 0, width),
    b.readIntBE(0, width),
    b.readUIntLE(0, width),
    b.writeUIntLE(200, 1, width),
    b.readUIntLE(1, width),
  ]);
}
show("width 7", () => b.readIntLE(0, 7));
show("width 0", () => b.readUIntBE(0, 0));
show("width text", () => b.readUIntBE(0, "2"));
show("width none", () => b.readUIntBE(0));
