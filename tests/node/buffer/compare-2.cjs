// Order, equality, concatenation and search with ranges.
const { show } = require("../show.js");
const a = Buffer.from("abcdef"),
  b = Buffer.from("xxcdexx");
show("compare bad", () => a.compare("abc"));
show("static bad", () => Buffer.compare(a, "x"));
show("equals", () => [a.equals(new Uint8Array(a)), a.equals(b), a.equals(a)]);
show("equals bad", () => a.equals([1]));
show("concat", () => Buffer.concat([a, new Uint8Array([33]), b]).toString());
show("concat cut", () => Buffer.concat([a, b], 8).toString());
