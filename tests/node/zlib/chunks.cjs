// What packages with streams of their own use of `node:zlib`.
const zlib = require("zlib");

const gzip = new zlib.Gzip();
console.log(typeof gzip._handle, typeof gzip._processChunk);
// A call is the last unless it cannot close what it works with.
function feed(stream, bytes, flush) {
  const { _handle } = stream;
  const { close } = _handle;
  _handle.close = () => {};
  try {
    return Buffer.from(stream._processChunk(bytes, flush));
  } finally {
    stream._handle = _handle;
    _handle.close = close;
  }
}
const { Z_FINISH, Z_NO_FLUSH, Z_SYNC_FLUSH } = zlib.constants;
const pieces = [feed(gzip, Buffer.from("hello "), Z_NO_FLUSH), feed(gzip, Buffer.from("there"), Z_SYNC_FLUSH), feed(gzip, Buffer.alloc(0), Z_FINISH)];
console.log(pieces.every(Buffer.isBuffer), zlib.gunzipSync(Buffer.concat(pieces)).toString());
const gunzip = new zlib.Unzip();
const all = Buffer.concat(pieces);
console.log(feed(gunzip, all.subarray(0, 10), Z_NO_FLUSH).length, feed(gunzip, all.subarray(10), Z_FINISH).toString());
const broken = new zlib.Inflate();
broken.on("error", () => {});
try {
  feed(broken, Buffer.from("no such thing"), Z_FINISH);
} catch (error) {
  console.log(error.code);
}
