// The forms with callbacks, and their promises.
const zlib = require("node:zlib");
const { promisify } = require("node:util");
(async () => {
  await new Promise((resolve) => {
    zlib.gzip("hello", (error, packed) => {
      console.log(error, Buffer.isBuffer(packed));
      zlib.gunzip(packed, (failure, back) => { console.log(failure, back.toString()); resolve(); });
    });
    console.log("first");
  });
  await new Promise((resolve) => zlib.inflate(Buffer.from("nonsense"), (error, result) => { console.log(error.code, error.errno, error.message, result); resolve(); }));
  await new Promise((resolve) => zlib.gunzip(zlib.gzipSync(Buffer.alloc(5000)), { maxOutputLength: 100 }, (error) => { console.log(error.code, error.name, error.message); resolve(); }));
  console.log((await promisify(zlib.inflate)(await promisify(zlib.deflate)("promised"))).toString());
  console.log((await promisify(zlib.brotliDecompress)(await promisify(zlib.brotliCompress)("br"))).toString());
  console.log((await promisify(zlib.unzip)(await promisify(zlib.gzip)("u", { level: 1 }))).toString());
})();
