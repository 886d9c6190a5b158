// Escapes, separators, limits, functions of one's own.
const qs = require("querystring");
for (const text of [
  "a=b=c",
  "=",
  "&&",
  "a",
  "a=%zz&b=%e9&c=%F0%9F%98%80",
  "a=1&a=2&a=3",
  "__proto__=x&hasOwnProperty=y",
  "a+b=c+d",
  "%61=%62",
  "é=ü",
  "a[]=1&a[0]=2",
  "x=%",
  "x=%a",
  "x=%00",
  "=v",
  "k=;l=m",
])
  console.log(JSON.stringify(text), JSON.stringify(qs.parse(text)));
console.log(
  qs.parse("a:1;b:2", ";", ":"),
  qs.parse("a==1,,b==2", ",,", "=="),
  qs.parse("a=1&b=2&c=3", null, null, { maxKeys: 2 }),
  Object.keys(qs.parse("&".repeat(2) + Array.from({ length: 1200 }, (_, i) => "k" + i).join("&"))).length,
);
console.log(
  Object.keys(qs.parse(Array.from({ length: 1200 }, (_, i) => "k" + i).join("&"), "&", "=", { maxKeys: 0 })).length,
  Object.getPrototypeOf(qs.parse("a")),
);
console.log(
  qs.parse("a=%41&b=x", "&", "=", { decodeURIComponent: (text) => `<${text}>` }),
  qs.parse("a=%41", "&", "=", {
    decodeURIComponent() {
      throw new Error("x");
    },
  }),
);
for (const bad of [undefined, null, 5, "", {}]) console.log(qs.parse(bad), JSON.stringify(qs.stringify(bad)));
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
const kept = qs.escape;
qs.escape = (text) => `[${text}]`;
qs.escape = kept;
