// Each kind both ways, with levels, dictionaries, windows, streams that end early.
const zlib = require("zlib"),
  { show } = require("../show.js");
const text = "the quick brown fox ".repeat(50),
  round = (c, d, o) => d(c(text, o), o).toString() === text;
const d = { dictionary: Buffer.from("quick brown") };
const packed = zlib.gzipSync(text);
show("crc", () => {
  const b = Buffer.from(packed);
  b[b.length - 8] ^= 1;
  return zlib.gunzipSync(b);
});
show("length", () => {
  const b = Buffer.from(packed);
  b[b.length - 1] ^= 1;
  return zlib.gunzipSync(b);
});
show("trailing", () => zlib.gunzipSync(Buffer.concat([packed, Buffer.from("garbage")])).length);
show("two", () => zlib.gunzipSync(Buffer.concat([packed, packed])).length === 2 * text.length);
show("zeros", () => zlib.gunzipSync(Buffer.concat([packed, Buffer.alloc(5)])).length);
show("too long", () => zlib.gunzipSync(packed, { maxOutputLength: 10 }));
