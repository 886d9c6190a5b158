// Order, equality, concatenation and search with ranges.
const { show } = require("../show.js");
const a = Buffer.from("abcdef"),
  b = Buffer.from("xxcdexx");
show("concat long", () => Buffer.concat([Buffer.from("a")], 3));
show("concat none", () => Buffer.concat([]).length);
show("concat bad", () => Buffer.concat([a, "b"]));
show("concat not list", () => Buffer.concat(a, b));
show("concat negative", () => Buffer.concat([a], -1));
show("sort", () => [b, a, Buffer.from("abc"), Buffer.alloc(0)].sort(Buffer.compare).map(String));
