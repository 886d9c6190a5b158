// Numbers of every width at the edges, with the errors of values and places.
const { show } = require("../show.js");
const b = Buffer.alloc(8);
show("offset undefined", () => b.readInt8(undefined));
show("float", () => [
  b.writeFloatBE(0.1, 0),
  b.readFloatBE(0),
  b.writeDoubleLE(NaN, 0),
  b.readDoubleLE(0),
  b.writeFloatLE(1e40),
  b.readFloatLE(),
]);
show("big", () => [b.writeBigInt64BE(-5n), b.readBigInt64BE(), b.readBigUInt64LE()]);
show("alias", () => [
  b.readUint8 === b.readUInt8,
  b.writeUint32BE === b.writeUInt32BE,
  b.readBigUint64LE === b.readBigUInt64LE,
]);
show("short", () => Buffer.alloc(3).readInt32LE());
show("value text", () => [b.writeInt16LE("12"), b.readInt16LE()]);
