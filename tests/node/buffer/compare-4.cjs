// Order, equality, concatenation and search with ranges.
const { show } = require("../show.js");
const a = Buffer.from("abcdef"),
  b = Buffer.from("xxcdexx");
show("indexOf", () => [
  a.indexOf("cd"),
  a.indexOf(Buffer.from("f")),
  a.indexOf(100),
  a.indexOf(""),
  a.indexOf("", 99),
  a.indexOf("c", -3),
  a.indexOf("a", -99),
]);
show("lastIndexOf", () => [
  b.lastIndexOf("x"),
  b.lastIndexOf("x", -3),
  b.lastIndexOf("x", 0),
  b.lastIndexOf("", 2),
  b.lastIndexOf("zz"),
  b.lastIndexOf("x", NaN),
]);
show("utf16", () => Buffer.from("aébc", "utf16le").indexOf("b", 1, "utf16le"));
show("includes", () => [a.includes("cd", 3), a.includes(0x161), a.includes(new Uint8Array([99, 100]))]);
show("indexOf bad", () => a.indexOf({}));
