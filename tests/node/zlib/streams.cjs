// Streams: in pieces, with pipes, flushes and errors.
const zlib = require("node:zlib");
const { pipeline, Readable } = require("node:stream");
const { pipeline: piped } = require("node:stream/promises");
async function all(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
(async () => {
  const data = Buffer.from("0123456789".repeat(20000));
  for (const [pack, unpack] of [["Gzip", "Gunzip"], ["Deflate", "Inflate"], ["DeflateRaw", "InflateRaw"], ["BrotliCompress", "BrotliDecompress"], ["Gzip", "Unzip"]]) {
    const stream = Readable.from([data.subarray(0, 7), data.subarray(7, 100000), data.subarray(100000)]).pipe(zlib[`create${pack}`]()).pipe(zlib[`create${unpack}`]());
    console.log(pack, unpack, (await all(stream)).equals(data));
  }
  const gzip = zlib.createGzip({ chunkSize: 64, level: 0 });
  gzip.end(Buffer.alloc(1000, 1));
  const sizes = [];
  for await (const part of gzip) sizes.push(part.length <= 64);
  console.log(sizes.every(Boolean), gzip.bytesWritten, gzip instanceof zlib.Gzip, gzip instanceof require("stream").Transform);
  const byOne = zlib.createInflate();
  const packed = zlib.deflateSync("byte by byte");
  for (const byte of packed) byOne.write(Buffer.from([byte]));
  byOne.end();
  console.log((await all(byOne)).toString());
  const bad = zlib.createGunzip();
  bad.on("error", (error) => console.log("error", error.code, error.errno, error.message));
  bad.on("close", () => console.log("closed", bad.destroyed));
  bad.end("this is not gzip");
  await new Promise((resolve) => bad.once("close", resolve));
  const cut = zlib.createGunzip();
  cut.end(zlib.gzipSync("hello world").subarray(0, 15));
  await all(cut).catch((error) => console.log(error.code, error.message));
  await piped(Readable.from([data]), zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 3 } }), zlib.createBrotliDecompress(), async (source) => console.log((await all(source)).length));
  const flushed = zlib.createDeflate();
  flushed.write("part");
  await new Promise((resolve) => flushed.flush(zlib.constants.Z_SYNC_FLUSH, resolve));
  console.log(zlib.inflateSync(flushed.read(), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString());
  flushed.destroy();
})();
