// Numbers of every width at the edges, with the errors of values and places.
const { show } = require("../show.js");
const b = Buffer.alloc(8);
for (const [method, value] of [["writeUInt8", 256], ["writeInt8", -129], ["writeUInt16LE", 65536], ["writeInt32BE", 2 ** 31], ["writeUInt32LE", -1], ["writeBigInt64LE", 2n ** 63n], ["writeBigUInt64BE", -1n], ["writeBigUInt64BE", 1]]) {
  show(method, () => b[method](value));
}
for (const width of [1, 2, 3, 4, 5, 6]) {
  show("int " + width, () => [b.writeIntBE(-2, 0, width), b.readIntBE(0, width), b.readUIntLE(0, width), b.writeUIntLE(200, 1, width), b.readUIntLE(1, width)]);
}
show("width 7", () => b.readIntLE(0, 7));
show("width 0", () => b.readUIntBE(0, 0));
show("width text", () => b.readUIntBE(0, "2"));
show("width none", () => b.readUIntBE(0));
show("value 3", () => b.writeUIntBE(2 ** 24, 0, 3));
show("value 6", () => b.writeIntBE(-(2 ** 47) - 1, 0, 6));
show("offset", () => b.readUInt16BE(7));
show("offset fraction", () => b.readInt8(1.5));
show("offset text", () => b.readInt8("1"));
show("offset null", () => b.readInt8(null));
show("offset undefined", () => b.readInt8(undefined));
show("float", () => [b.writeFloatBE(0.1, 0), b.readFloatBE(0), b.writeDoubleLE(NaN, 0), b.readDoubleLE(0), b.writeFloatLE(1e40), b.readFloatLE()]);
show("big", () => [b.writeBigInt64BE(-5n), b.readBigInt64BE(), b.readBigUInt64LE()]);
show("alias", () => [b.readUint8 === b.readUInt8, b.writeUint32BE === b.writeUInt32BE, b.readBigUint64LE === b.readBigUInt64LE]);
show("short", () => Buffer.alloc(3).readInt32LE());
show("value text", () => [b.writeInt16LE("12"), b.readInt16LE()]);
show("value fraction", () => [b.writeInt16LE(12.9), b.readInt16LE(), b.writeUInt8(undefined), b[0]]);
show("swap", () => [Buffer.from("abcd").swap16().toString(), Buffer.from("abcd").swap32().toString(), Buffer.from("abcdefgh").swap64().toString()]);
show("swap odd", () => Buffer.from("abc").swap16());
show("swap 64", () => Buffer.from("abc").swap64());
