// Floating point and big numbers through buffers.
const b = Buffer.alloc(16);
for (const value of [0, -0, 1.5, -1.5, 1e10, Number.MAX_VALUE, Number.MIN_VALUE, Infinity, -Infinity, NaN, Math.PI]) {
  b.writeDoubleBE(value);
  b.writeFloatLE(value, 8);
  console.log(value, b.readDoubleBE(), b.readFloatLE(8), b.toString("hex", 0, 8), b.toString("hex", 8, 12));
}
for (const value of [0n, 1n, -1n, 2n ** 62n, -(2n ** 63n), 2n ** 63n - 1n]) {
  b.writeBigInt64LE(value);
  console.log(value, b.readBigInt64LE(), b.readBigUInt64BE(), b.toString("hex", 0, 8));
}
console.log(
  b.writeUInt8(7, 15),
  b.writeInt32BE(-5, 4),
  b.readInt32BE(4),
  b.readUInt16LE(4),
  b.readUIntBE(4, 3),
  b.readIntLE(4, 6),
);
