// Numbers in buffers.
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
const buffer = Buffer.from([0xff, 0x01, 0x80, 0x7f, 0x00, 0x12, 0x34, 0x56, 0x78, 0x9a]);
for (const name of ["readUInt8", "readInt8", "readUInt16LE", "readUInt16BE", "readInt16LE", "readInt16BE", "readUInt32LE", "readUInt32BE", "readInt32LE", "readInt32BE", "readFloatLE", "readFloatBE", "readDoubleLE", "readDoubleBE", "readBigInt64LE", "readBigUInt64BE"]) console.log(name, buffer[name](1));
for (const size of [1, 2, 3, 4, 5, 6]) console.log(size, buffer.readUIntLE(0, size), buffer.readUIntBE(0, size), buffer.readIntLE(0, size), buffer.readIntBE(0, size));
show(() => buffer.readInt8(10));
show(() => buffer.readInt8(-1));
show(() => buffer.readInt8(1.5));
show(() => buffer.readInt8("1"));
show(() => buffer.readUInt32LE(7));
show(() => buffer.readUIntLE(0, 7));
show(() => buffer.readUIntLE(0));
const room = Buffer.alloc(12);
console.log(room.writeUInt8(255, 0), room.writeInt16BE(-2, 1), room.writeUInt32LE(0xdeadbeef, 3), room.writeIntBE(-5, 7, 3), room);
console.log(room.writeFloatBE(1.5, 0), room.writeDoubleLE(-0.1, 4), room);
console.log(room.writeBigInt64BE(-1n, 0), room.writeBigUInt64LE(1n, 4), room);
show(() => room.writeUInt8(256, 0));
show(() => room.writeInt8(-129, 0));
show(() => room.writeUInt32LE(2 ** 32, 0));
show(() => room.writeInt32BE(0, 9));
show(() => room.writeUInt8("x", 0));
show(() => room.writeBigInt64LE(2n ** 63n, 0));
show(() => room.writeUIntBE(2 ** 24, 0, 3));
show(() => Buffer.from([1, 2, 3]).swap16());
console.log(Buffer.from([1, 2, 3, 4]).swap16(), Buffer.from([1, 2, 3, 4]).swap32(), Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).swap64());
