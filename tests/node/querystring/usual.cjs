// Query strings in and out.
const qs = require("querystring");
console.log(
  qs.parse("a=1&b=2&a=3&c=&d"),
  qs.parse("name=J%C3%BCrgen+M&x=%26"),
  qs.parse("a:1;b:2", ";", ":"),
  qs.parse(""),
);
console.log(
  qs.stringify({ a: 1, b: [2, "3"], c: "", d: undefined, e: null, f: true }),
  qs.stringify({ "ä ö": "ü&=" }),
  qs.stringify({ x: "y" }, ";", ":"),
  qs.stringify("text"),
);
console.log(
  qs.escape("a b&c=d/é"),
  qs.unescape("a%20b+c%2F"),
  qs.unescape("%"),
  JSON.stringify(qs.parse("__proto__=1&constructor=2")),
);
console.log(
  qs.stringify(qs.parse("k=v&k=w&z=%F0%9F%98%80")),
  qs.parse("a=1&b=2&c=3", "&", "=", { maxKeys: 2 }),
  qs.stringify({ n: [1n, -0, 1e21, NaN, Infinity] }),
  qs.parse("a%20b=c%20d")["a b"],
);
console.log(Object.getPrototypeOf(qs.parse("a=1")), qs.decode === qs.parse, qs.encode === qs.stringify);
