// Dictionaries, levels and windows.
const zlib = require("node:zlib");
const dictionary = Buffer.from("common words that come often");
const text = "often common words come";
const packed = zlib.deflateSync(text, { dictionary });
console.log(packed.length < zlib.deflateSync(text).length, zlib.inflateSync(packed, { dictionary }).toString());
const raw = zlib.deflateRawSync(text, { dictionary });
console.log(zlib.inflateRawSync(raw, { dictionary }).toString());
for (const options of [{}, { dictionary: Buffer.from("others") }]) {
  try {
    zlib.inflateSync(packed, options);
  } catch (error) {
    console.log(error.code, error.errno, error.message);
  }
}
const data = Buffer.from("abcdefgh".repeat(5000));
for (const level of [-1, 0, 1, 6, 9]) console.log(level, zlib.inflateSync(zlib.deflateSync(data, { level })).equals(data));
console.log(zlib.deflateSync(data, { level: 0 }).length > data.length);
for (const windowBits of [9, 12, 15]) console.log(windowBits, zlib.inflateSync(zlib.deflateSync(data, { windowBits }), { windowBits }).equals(data));
const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 1, [zlib.constants.BROTLI_PARAM_LGWIN]: 12 };
console.log(zlib.brotliDecompressSync(zlib.brotliCompressSync(data, { params })).equals(data));
