const qs = require("querystring");
console.log(qs.stringify({ a: 1, b: ["x", "y z"], c: true, d: null, e: undefined, f: "ü&=" }), qs.stringify({ a: "b" }, ";", ":"), qs.stringify("x") === "");
console.log({ ...qs.parse("a=1&b=2&b=3&c&d=%20+x&=y&%FF=z") }, { ...qs.parse("a:1;b:2", ";", ":") }, { ...qs.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 }) });
console.log(qs.escape("a b/ü"), qs.unescape("a%20b%zz"));
