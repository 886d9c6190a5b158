// Each kind both ways, with levels, dictionaries, windows, streams that end early.
const zlib = require("zlib"),
  { show } = require("../show.js");
const text = "the quick brown fox ".repeat(50),
  round = (c, d, o) => d(c(text, o), o).toString() === text;
for (const o of [
  undefined,
  { level: 0 },
  { level: 9 },
  { level: 1, memLevel: 1 },
  { windowBits: 9 },
  { strategy: zlib.constants.Z_HUFFMAN_ONLY },
  { chunkSize: 64 },
  { strategy: zlib.constants.Z_FIXED },
])
  show("pairs", () => [
    round(zlib.gzipSync, zlib.gunzipSync, o),
    round(zlib.deflateSync, zlib.inflateSync, o),
    round(zlib.deflateRawSync, zlib.inflateRawSync, o),
    zlib.unzipSync(zlib.gzipSync(text, o)).length,
  ]);
show("brotli", () => [
  zlib.brotliDecompressSync(zlib.brotliCompressSync(text)).toString() === text,
  zlib.brotliDecompressSync(zlib.brotliCompressSync(text, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 } }))
    .length,
  zlib.brotliCompressSync("").length,
]);
for (const o of [
  { level: 10 },
  { level: "x" },
  { windowBits: 7 },
  { windowBits: 16 },
  { memLevel: 0 },
  { strategy: 9 },
  { chunkSize: 1 },
  { dictionary: 5 },
  { flush: 99 },
  { finishFlush: -1 },
  { maxOutputLength: -1 },
  { level: NaN },
  { info: 5 },
])
  show("bad", () => zlib.deflateSync("x", o).length > 0);
for (const bad of [5, undefined, null, {}, [1]]) show("input", () => zlib.gzipSync(bad));
show("views", () => [
  zlib.inflateSync(zlib.deflateSync(new DataView(Buffer.from("abcd").buffer, 0, 0))).length,
  zlib.inflateSync(zlib.deflateSync(new Uint16Array([0x6161]))).toString(),
  zlib.inflateSync(zlib.deflateSync(new ArrayBuffer(3))).length,
]);
const d = { dictionary: Buffer.from("quick brown") };
show("dictionary", () => zlib.inflateSync(zlib.deflateSync("a quick brown", d), d).toString());
const packed = zlib.gzipSync(text);
