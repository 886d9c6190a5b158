// Texts: stripVTControlCharacters, toUSVString, styleText, diff, getSystemErrorName, parseEnv, TextDecoder there.
const util = require("util");
const { show } = require("../show.js");
show("strip", () =>
  JSON.stringify([
    util.stripVTControlCharacters("\x1b[31mred\x1b[0m \x1b]8;;http://a\x07link\x1b]8;;\x07 \x1b[2K"),
    util.stripVTControlCharacters("plain"),
  ]),
);
show("strip bad", () => util.stripVTControlCharacters(5));
show("usv", () => [
  util.toUSVString("a\ud800b"),
  util.toUSVString(5),
  "x\udc00".isWellFormed(),
  "x\udc00".toWellFormed(),
]);
for (const style of ["red", ["bold", "underline"], "bgBlue", "none", ["red", "none"]])
  show("style", () => JSON.stringify(util.styleText(style, "t", { validateStream: false })));
show("style nested", () =>
  JSON.stringify(
    util.styleText("red", `a${util.styleText("blue", "b", { validateStream: false })}c`, { validateStream: false }),
  ),
);
show("style bad", () => util.styleText("nope", "t"));
