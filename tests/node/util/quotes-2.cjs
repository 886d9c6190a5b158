// inspect of strings, keys, symbols, numbers, dates, boxed values, regular expressions, errors in objects.
const { inspect } = require("util");
console.log(
  inspect(
    new Proxy(
      { a: 1 },
      {
        get() {
          throw new Error("trap");
        },
      },
    ),
  ),
  inspect(new Proxy([1], {}), { showProxy: true }),
  inspect(new Proxy(class X {}, {}), { showProxy: 1 }),
);
console.log(
  [
    Promise.resolve(4),
    Promise.reject(new RangeError("r")).catch(() => 1) && new Promise(() => {}),
    new WeakMap(),
    new WeakSet(),
    new WeakRef({ a: 1 }),
  ].map((v) => inspect(v)),
);
console.log(
  Math,
  JSON,
  Reflect,
  globalThis === global,
  Object.prototype,
  Array.prototype,
  Function.prototype,
  Symbol.prototype,
  Number.prototype,
);
console.log(
  (function () {
    return arguments;
  })(1, "a"),
  [][Symbol.iterator](),
  new Map([[1, 2]]).entries().next(),
  "ab"[Symbol.iterator](),
  /a/[Symbol.matchAll]("a"),
  (function* g() {})(),
);
console.log(
  inspect(
    new (class Foo {
      get [Symbol.toStringTag]() {
        return "Bar";
      }
    })(),
  ),
  { [Symbol.toStringTag]: "Tag", x: 1 },
  { __proto__: null, [Symbol.toStringTag]: "N" },
);
