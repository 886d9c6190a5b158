// inspect.custom, toStringTag, toJSON, defaults, colours, styles.
const util = require("util"),
  { inspect } = util;
class Money {
  constructor(n) {
    this.n = n;
  }
  [inspect.custom](depth, options, own) {
    return `Money<${this.n} ${depth} ${options.compact} ${own === inspect}>`;
  }
}
try {
  inspect({
    [inspect.custom]() {
      throw new RangeError("custom");
    },
  });
} catch (error) {
  console.log(error.name, error.message);
}
inspect.defaultOptions.depth = 0;
console.log({ a: { b: 1 } });
inspect.defaultOptions = { depth: 5, compact: false };
console.log({ a: { b: { c: { d: { e: 1 } } } } });
inspect.defaultOptions = { depth: 2, compact: 3 };
for (const bad of [5, null])
  try {
    inspect.defaultOptions = bad;
  } catch (error) {
    console.log(error.code, error.message);
  }
console.log(
  inspect({ a: 1 }, false, 0, true),
  inspect({ x: { y: {} } }, true, 0),
  inspect([1], { showHidden: true }),
  inspect(new Map([[1, 2]]), { showHidden: true }),
  inspect(Object.defineProperty({}, "hidden", { value: 1 }), { showHidden: true }),
);
