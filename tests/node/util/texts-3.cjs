// Texts: stripVTControlCharacters, toUSVString, styleText, diff, getSystemErrorName, parseEnv, TextDecoder there.
const util = require("util");
const { show } = require("../show.js");
show("env bad", () => util.parseEnv(5));
show("diff", () => util.diff("abc", "abd"));
show("diff lists", () => util.diff(["a", "b", "c"], ["a", "c", "d"]));
show("decoder", () => [new util.TextDecoder("latin1").encoding, new util.TextEncoder().encode("é").join()]);
show("is", () => [
  util.isDeepStrictEqual([1], [1]),
  typeof util.parseArgs,
  typeof util.MIMEType,
  typeof util.transferableAbortController,
  typeof util.getCallSites,
]);
show("style list", () => Object.keys(util.inspect.colors).length);
