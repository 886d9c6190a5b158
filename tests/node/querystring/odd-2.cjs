// Escapes, separators, limits, functions of one's own.
const qs = require("querystring");
console.log(
  qs.stringify({
    a: [1, "", null, undefined, true, 2n, {}, [3]],
    b: NaN,
    c: Infinity,
    d: -0,
    e: Symbol.iterator.description,
    f: () => 1,
    g: new Date(0),
    "é ": "ü&=+~!*()'-._",
  }),
);
console.log(
  qs.stringify({ a: [], b: "x", c: [[]] }),
  qs.stringify({ a: 1, b: [2, 3] }, ";", ":"),
  qs.stringify({ a: "ö" }, null, null, { encodeURIComponent: (text) => text.toUpperCase() }),
);
try {
  qs.stringify({ a: "\ud800" });
} catch (error) {
  console.log(error.name, error.code, error.message);
}
try {
  qs.escape("\udc00x");
} catch (error) {
  console.log(error.name, error.code, error.message);
}
try {
  qs.escape(Symbol("a"));
} catch (error) {
  console.log(error.name, error.message);
}
console.log(
  qs.escape("a b&é"),
  qs.escape(5),
  qs.escape({ toString: () => "o b" }),
  qs.unescape("%41%zz+%e9"),
  qs.unescapeBuffer("%41%zz+%C3").toString("hex"),
);
const kept = qs.escape;
qs.escape = (text) => `[${text}]`;
console.log(qs.stringify({ a: "b c" }));
qs.escape = kept;
console.log(qs.encode === qs.stringify, qs.decode === qs.parse, Object.keys(qs).sort().join());
