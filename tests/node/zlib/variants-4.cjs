// Each kind both ways, with levels, dictionaries, windows, streams that end early.
const zlib = require("zlib"),
  { show } = require("../show.js");
const text = "the quick brown fox ".repeat(50),
  round = (c, d, o) => d(c(text, o), o).toString() === text;
const d = { dictionary: Buffer.from("quick brown") };
const packed = zlib.gzipSync(text);
show("empty", () => zlib.gunzipSync(""));
show("inflate empty", () => zlib.inflateSync(Buffer.alloc(0)));
show("brotli bad", () => zlib.brotliDecompressSync("xx nope"));
show("info", () => {
  const { buffer, engine } = zlib.deflateSync("x", { info: true });
  return [buffer.length > 0, engine.constructor.name];
});
