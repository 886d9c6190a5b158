// What is damaged, cut off, too large or of a wrong type.
const zlib = require("node:zlib");
const show = (run) => {
  try {
    console.log("no error", run());
  } catch (error) {
    console.log(error.constructor.name, error.code, error.errno, error.message);
  }
};
show(() => zlib.gunzipSync(Buffer.from("not gzip at all")));
show(() => zlib.inflateSync(Buffer.from("not deflate")));
show(() => zlib.gunzipSync(zlib.gzipSync("hello").subarray(0, 12)));
show(() => zlib.inflateSync(zlib.deflateSync("hello").subarray(0, 8)));
show(() => zlib.inflateRawSync(Buffer.from([7, 0, 0])));
show(() => zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(100000)), { maxOutputLength: 1000 }));
show(() => zlib.brotliDecompressSync(zlib.brotliCompressSync(Buffer.alloc(100000)), { maxOutputLength: 1000 }));
show(() => zlib.gzipSync(5));
show(() => zlib.gzipSync());
show(() => zlib.gzipSync("a", { level: 10 }));
show(() => zlib.gzipSync("a", { level: "9" }));
show(() => zlib.gzipSync("a", { windowBits: 7 }));
show(() => zlib.gzipSync("a", { memLevel: 0 }));
show(() => zlib.gzipSync("a", { strategy: 9 }));
show(() => zlib.gzipSync("a", { chunkSize: 10 }));
show(() => zlib.deflateSync("a", { dictionary: "text" }));
show(() => zlib.gzip("a"));
show(() => zlib.gunzipSync(Buffer.concat([zlib.gzipSync("x"), Buffer.from("garbage")])));
const damaged = zlib.gzipSync("hello");
damaged[damaged.length - 8] ^= 1;
show(() => zlib.gunzipSync(damaged));
show(() => zlib.gunzipSync(zlib.gzipSync("hello").subarray(0, 15), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString());
