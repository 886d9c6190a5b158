// What programs do with compressed data every day.
import zlib from "node:zlib";
import { promisify } from "node:util";
import { pipeline } from "node:stream/promises";
import { Readable, PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
const text = "some text that repeats, that repeats. ".repeat(100);
const gzip = promisify(zlib.gzip),
  gunzip = promisify(zlib.gunzip);
const packed = await gzip(text);
console.log(packed.length < 300, packed.subarray(0, 3), (await gunzip(packed)).toString() === text);
for (const [pack, unpack] of [
  ["deflate", "inflate"],
  ["deflateRaw", "inflateRaw"],
  ["brotliCompress", "brotliDecompress"],
])
  console.log(pack, (await promisify(zlib[unpack])(await promisify(zlib[pack])(text))).length);
const through = new PassThrough();
const [unpacked] = await Promise.all([
  buffer(through),
  pipeline(
    Readable.from([text.slice(0, 1000), text.slice(1000)]),
    zlib.createGzip({ level: 9 }),
    zlib.createGunzip(),
    through,
  ),
]);
console.log(
  unpacked.toString() === text,
  zlib.crc32(text),
  zlib.gunzipSync(packed, { maxOutputLength: text.length }).length,
);
console.log(
  await gunzip(Buffer.from("nope")).catch((error) => [error.code, error.errno]),
  zlib.inflateSync(zlib.deflateSync("")).length,
);
