// Queries: parsed, written, escaped.
const querystring = require("node:querystring");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
for (const text of ["a=1&b=2", "a=1&a=2&a=3", "a", "a=", "=b", "&&a=1&", "a=b=c", "a+b=c+d", "%C3%A9=%E2%82%AC", "a=%zz", "%", "a=%C3", "x[]=1", "__proto__=1", "hasOwnProperty=x", "a;b", ""]) console.log(JSON.stringify(text), JSON.stringify(querystring.parse(text)), querystring.stringify(querystring.parse(text)));
console.log(querystring.parse("a:1;b:2", ";", ":"), querystring.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 }), querystring.parse("a=%20", "&", "=", { decodeURIComponent: (x) => `<${x}>` }));
for (const value of [{ a: 1, b: "x y", c: [1, "é"] }, { a: true, b: null, c: undefined, d: NaN, e: Infinity, f: 5n }, { "k&": "v=" }, {}, { a: [] }, { a: {} }, "text", 5, null]) console.log(querystring.stringify(value));
console.log(querystring.stringify({ a: 1, b: 2 }, ";", ":"), querystring.stringify({ a: "é" }, "&", "=", { encodeURIComponent: (x) => x.toUpperCase() }));
console.log(querystring.escape("a b&c=d/é'()*!~"), querystring.unescape("a%20b%zz"), querystring.escape(5), querystring.encode === querystring.stringify, querystring.decode === querystring.parse);
show(() => querystring.escape("\ud800"));
console.log(Object.getPrototypeOf(querystring.parse("a")), querystring.parse(5), querystring.unescapeBuffer("a%20%41").toString());
