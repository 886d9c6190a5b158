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
console.log(new Money(5), [new Money(1)], { a: { b: new Money(2) } }, new Map([[new Money(3), 1]]));
console.log(
  { [inspect.custom]: () => ({ other: [1, { deep: { er: 1 } }] }) },
  { [inspect.custom]: () => undefined },
  { [inspect.custom]: 5 },
  {
    [Symbol.for("nodejs.util.inspect.custom")]() {
      return "two\nlines";
    },
  },
);
console.log(
  inspect(new Money(1), { customInspect: false }),
  inspect({
    inspect() {
      return "old";
    },
  }),
);
try {
  inspect({
    [inspect.custom]() {
      throw new RangeError("custom");
    },
  });
} catch (error) {
  console.log(error.name, error.message);
}
console.log(
  inspect(
    {
      n: 1,
      s: "x",
      b: true,
      u: undefined,
      z: null,
      d: new Date(0),
      r: /x/,
      y: Symbol("y"),
      f() {},
      g: 5n,
      m: new Map([["k", 1]]),
      e: [, 1],
    },
    { colors: true },
  ),
);
console.log(
  Object.keys(inspect.styles).join(),
  inspect.styles.string,
  inspect.colors.red,
  inspect.colors.grey === inspect.colors.gray,
  Object.keys(inspect.defaultOptions).join(),
);
inspect.defaultOptions.depth = 0;
inspect.defaultOptions = { depth: 5, compact: false };
inspect.defaultOptions = { depth: 2, compact: 3 };
