// Texts: stripVTControlCharacters, toUSVString, styleText, diff, getSystemErrorName, parseEnv, TextDecoder there.
const util = require("util");
const { show } = require("../show.js");
show("style text", () => util.styleText("red", 5));
show("errors", () =>
  [-2, -13, -98, -110, -32].map((code) => [util.getSystemErrorName(code), util.getSystemErrorMessage(code)].join()),
);
show("errors bad", () => util.getSystemErrorName(5));
show("errors type", () => util.getSystemErrorName("x"));
show("map", () => [util.getSystemErrorMap().get(-2), util.getSystemErrorMap().size > 70]);
show("env", () =>
  util.parseEnv(
    "A=1\n# c\nB = \"two\\nlines\" # x\nexport C='s q'\nD=\nE=a#b\nF=`back 'q'`\nG\n=H\nI=\"multi\nline\"\n  J = k l  ",
  ),
);
