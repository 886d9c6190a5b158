// Every format there and back at once, and the checks of what is given.
const zlib = require("node:zlib");
const text = "the quick brown fox ".repeat(100);
for (const [pack, unpack] of [["gzip", "gunzip"], ["deflate", "inflate"], ["deflateRaw", "inflateRaw"], ["brotliCompress", "brotliDecompress"]]) {
  const packed = zlib[`${pack}Sync`](text);
  console.log(pack, Buffer.isBuffer(packed), packed.length < 200, zlib[`${unpack}Sync`](packed).toString() === text);
}
console.log(zlib.unzipSync(zlib.gzipSync("a")).toString(), zlib.unzipSync(zlib.deflateSync("b")).toString());
console.log(zlib.gunzipSync(Buffer.concat([zlib.gzipSync("one "), zlib.gzipSync("two")])).toString());
console.log(zlib.gunzipSync(Buffer.concat([zlib.gzipSync("x"), Buffer.alloc(5)])).toString());
console.log(zlib.inflateSync(Buffer.from("eJzLSM3JyQcABiwCFQ==", "base64")).toString());
console.log(zlib.gunzipSync(Buffer.from("H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==", "base64")).toString());
console.log(zlib.brotliDecompressSync(Buffer.from("CwKAaGVsbG8D", "base64")).toString());
console.log(zlib.deflateSync(new Uint16Array([1, 2, 3])).length > 0, zlib.gzipSync(new ArrayBuffer(4)).length > 0);
console.log(zlib.gzipSync("").length, zlib.gunzipSync(zlib.gzipSync("")).length);
