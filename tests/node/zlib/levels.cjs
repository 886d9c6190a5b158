// Levels, small and large inputs, empty ones, and what is not compressed.
const zlib = require("zlib");
const inputs = {
  empty: "",
  one: "a",
  same: "a".repeat(10000),
  text: "lorem ipsum dolor ".repeat(200),
  bytes: Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919) & 255)),
};
for (const [name, input] of Object.entries(inputs)) {
  const sizes = [0, 1, 6, 9].map((level) => zlib.inflateSync(zlib.deflateSync(input, { level })).length);
  console.log(
    name,
    sizes,
    zlib.gunzipSync(zlib.gzipSync(input)).equals(Buffer.from(input)),
    zlib.brotliDecompressSync(zlib.brotliCompressSync(input)).length,
    zlib.inflateRawSync(zlib.deflateRawSync(input)).length,
  );
}
console.log(
  zlib.gzipSync("x").subarray(0, 3),
  zlib.deflateSync("x")[0].toString(16),
  zlib.deflateSync("a".repeat(1e5)).length < 500,
  zlib.deflateSync("abc", { level: 0 }).includes("abc"),
);
console.log(
  zlib.unzipSync(zlib.gzipSync("auto")).toString(),
  zlib.unzipSync(zlib.deflateSync("auto")).toString(),
  zlib.crc32("abc"),
  zlib.crc32(Buffer.from("c"), zlib.crc32("ab")) === zlib.crc32("abc"),
);
for (const run of [
  () => zlib.gunzipSync("x"),
  () => zlib.inflateSync("x"),
  () => zlib.inflateRawSync(Buffer.from([255, 255])),
  () => zlib.brotliDecompressSync("x"),
  () => zlib.unzipSync(""),
])
  try {
    console.log(run().length);
  } catch (error) {
    console.log(error.code, error.errno < 0);
  }
