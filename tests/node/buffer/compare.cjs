// Order, equality, concatenation and search with ranges.
const { show } = require("../show.js");
const a = Buffer.from("abcdef"),
  b = Buffer.from("xxcdexx");
show("compare", () => [
  Buffer.compare(a, b),
  Buffer.compare(b, a),
  a.compare(a),
  Buffer.from("ab").compare(Buffer.from("abc")),
]);
show("ranges", () => a.compare(b, 2, 5, 2, 5));
show("empty ranges", () => [a.compare(b, 3, 3), a.compare(b, 0, 2, 4, 4), a.compare(b, 3, 1)]);
show("range past", () => a.compare(b, 0, 100));
show("range negative", () => a.compare(b, -1));
show("range source", () => a.compare(b, 0, 1, 0, 7));
