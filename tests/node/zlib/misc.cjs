// Checksums, constants, names.
const zlib = require("node:zlib");
console.log(zlib.crc32("hello"), zlib.crc32(Buffer.from("world"), zlib.crc32("hello ")), zlib.crc32("hello world"), zlib.crc32(""), zlib.crc32("a", 0xffffffff));
for (const bad of [[5], [undefined], ["a", -1], ["a", "1"], ["a", 2 ** 32], ["a", 1.5]]) {
  try {
    console.log(zlib.crc32(...bad));
  } catch (error) {
    console.log(error.code, error.message);
  }
}
console.log(zlib.constants.Z_BEST_COMPRESSION, zlib.constants.BROTLI_PARAM_QUALITY, zlib.codes.Z_BUF_ERROR, zlib.codes[-3], Object.isFrozen(zlib.codes));
console.log(zlib.Gzip.name, zlib.createGzip.name, typeof zlib.BrotliCompress);
console.log(zlib.Deflate() instanceof zlib.Deflate, new zlib.Inflate() instanceof zlib.Inflate);
