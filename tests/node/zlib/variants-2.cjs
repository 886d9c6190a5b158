// Each kind both ways, with levels, dictionaries, windows, streams that end early.
const zlib = require("zlib"),
  { show } = require("../show.js");
const text = "the quick brown fox ".repeat(50),
  round = (c, d, o) => d(c(text, o), o).toString() === text;
const d = { dictionary: Buffer.from("quick brown") };
show("needed", () => zlib.inflateSync(zlib.deflateSync("quick brown", d)));
show("wrong", () => zlib.inflateSync(zlib.deflateSync("quick brown", d), { dictionary: Buffer.from("other") }));
show("raw", () => zlib.inflateRawSync(zlib.deflateRawSync("quick brown fox", d), d).toString());
const packed = zlib.gzipSync(text);
show("cut", () => zlib.gunzipSync(packed.subarray(0, 30)));
show(
  "cut allowed",
  () => zlib.gunzipSync(packed.subarray(0, 40), { finishFlush: zlib.constants.Z_SYNC_FLUSH }).length > 0,
);
show("header", () => zlib.gunzipSync("not gzip"));
