// The streams: flush, params, reset, events, errors, bytesWritten, pipes.
const zlib = require("zlib"),
  { pipeline, Readable } = require("stream");
const log = (...a) => console.log(...a);
const inflate = zlib.createInflate();
inflate.on("data", (d) => log("inflated", String(d)));
const deflate = zlib.createDeflate();
deflate.on("data", (d) => inflate.write(d));
deflate.write("first");
deflate.flush(() => {
  log("flushed", deflate.bytesWritten);
  deflate.write("second");
  deflate.flush(zlib.constants.Z_SYNC_FLUSH, () => {
    deflate.params(9, zlib.constants.Z_DEFAULT_STRATEGY, (e) => {
      log("params", e ?? "no error");
      deflate.end("third");
    });
  });
});
deflate.on("end", () => {
  log("end");
  inflate.end();
});
inflate.on("end", () => {
  log("inflate end", inflate.bytesWritten > 0);
  errors();
});
function errors() {
  const bad = zlib.createGunzip();
  bad.on("error", (e) => {
    log(e.code, e.errno, e.message, bad.destroyed);
    cut();
  });
  bad.write("nonsense");
}
function cut() {
  const c = zlib.createGunzip();
  c.on("error", (e) => {
    log(e.code, e.message);
    piped();
  });
  c.on("data", (d) => log("some", d.length > 0));
  c.end(zlib.gzipSync("x".repeat(1000)).subarray(0, 20));
}
function piped() {
  const parts = [];
  pipeline(
    Readable.from([Buffer.from("ab"), Buffer.from("cd")]),
    zlib.createBrotliCompress(),
    zlib.createBrotliDecompress(),
    async function* (s) {
      for await (const c of s) parts.push(String(c));
    },
    (e) => {
      log(e ?? "piped", parts.join(""));
      closing();
    },
  );
}
function closing() {
  const g = zlib.createGzip();
  g.on("close", () => log("closed", g.destroyed));
  g.write("x");
  g.close(() => log("close callback"));
  g.on("error", (e) => log("error", e.code));
  const u = zlib.createUnzip();
  u.on("data", (d) => log("unzip", String(d)));
  u.end(zlib.deflateSync("auto"));
  const raw = zlib.createUnzip();
  raw.on("error", (e) => log(e.code));
  raw.end("plain");
  try {
    zlib.createDeflate({ level: 99 });
  } catch (e) {
    log(e.code, e.message);
  }
  try {
    zlib.createDeflate().params(99, 0);
  } catch (e) {
    log(e.code);
  }
  zlib.gzip("cb", (e, b) => zlib.unzip(b, (e, t) => log("callbacks", e, String(t))));
  zlib.inflate("bad", (e, b) => log(e.code, b));
  try {
    zlib.gzip("x");
  } catch (e) {
    log(e.code);
  }
  require("util")
    .promisify(zlib.deflateRaw)("p")
    .then((b) => log(zlib.inflateRawSync(b).toString()));
}
