// `node:zlib`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("zlib", ["createGzip", "createGunzip", "createDeflate", "createInflate", "createDeflateRaw", "createInflateRaw", "createUnzip", "createBrotliCompress", "createBrotliDecompress", "gzip", "gzipSync", "gunzip", "gunzipSync", "deflate", "deflateSync", "inflate", "inflateSync", "deflateRaw", "deflateRawSync", "inflateRaw", "inflateRawSync", "unzip", "unzipSync", "brotliCompress", "brotliCompressSync", "brotliDecompress", "brotliDecompressSync", "crc32"]);
};
