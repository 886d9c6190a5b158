// Few bytes that stand for very many: limits hold, streams give piece by piece.
const zlib = require("node:zlib");
const zeros = Buffer.alloc(20_000_000);
for (const [pack, unpack] of [["gzip", "gunzip"], ["deflate", "inflate"], ["deflateRaw", "inflateRaw"], ["gzip", "unzip"]]) {
  const packed = zlib[`${pack}Sync`](zeros);
  console.log(unpack, packed.length < 30000);
  try {
    zlib[`${unpack}Sync`](packed, { maxOutputLength: 1_000_000 });
  } catch (error) {
    console.log(error.code, error.name, error.message);
  }
  console.log(zlib[`${unpack}Sync`](packed).length);
}
(async () => {
  const stream = zlib.createGunzip();
  stream.end(zlib.gzipSync(zeros));
  let [size, most] = [0, 0];
  for await (const part of stream) {
    size += part.length;
    most = Math.max(most, part.length);
    if (size > 5_000_000) break;
  }
  console.log(size > 5_000_000, most <= 16384, stream.destroyed);
})();
