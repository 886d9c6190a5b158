// format: every percent sign, with too many and too few arguments.
const { format, formatWithOptions } = require("util");
const values = [
  undefined,
  null,
  true,
  5,
  -0,
  1.5,
  "42abc",
  " 7 ",
  "",
  10n,
  Symbol("s"),
  {},
  [1, [2, [3]]],
  () => 1,
  {
    toString() {
      return "own";
    },
  },
  new Date(0),
  new Error("e").message,
  NaN,
  Infinity,
  class A {},
  new (class B {
    toString() {
      return "b";
    }
  })(),
  { a: { b: { c: { d: 1 } } } },
];
for (const sign of ["%s", "%d", "%i", "%f", "%j", "%o", "%O", "%c", "%%", "%x"])
  console.log(
    sign,
    values
      .slice(0, sign === "%o" ? 9 : undefined)
      .filter((value) => sign !== "%j" || typeof value !== "bigint")
      .map((value) => format(sign, value))
      .join(" | "),
  );
console.log(
  format("%s"),
  format("%s %s", "a"),
  format("a", "b", { c: 1 }),
  format("%%s", 1),
  format("100%", 1),
  format("%s%", 1),
  format("% d", 1),
  format(5, "%s", 6),
  format(),
  format("%"),
  format("%%%s%%", "x"),
);
console.log(
  format("%s", "a", "b", Symbol("c")),
  format({ a: 1 }, "%s"),
  format("%i %i", "0x10", 1e21),
  format("%d", "0b11"),
  format("%f", "1e3x"),
  format("%s", -0),
  format("%s", [-0]),
  format("%d", {}),
);
const circular = {};
circular.me = circular;
console.log(
  format("%j", circular),
  format("%O", circular),
  format("%s", circular),
  format("%j", {
    toJSON() {
      return "json";
    },
  }),
  format("%j", undefined),
  format("%j", 1n === 1n),
);
try {
  format("%j", {
    toJSON() {
      throw new Error("thrown");
    },
  });
} catch (error) {
  console.log(error.message);
}
console.log(
  formatWithOptions({ colors: true }, "%s %O", 5, { a: "x" }),
  formatWithOptions({ compact: false }, "%O", { a: { b: 1 } }),
  formatWithOptions({ depth: 0 }, "%O", { a: { b: 1 } }, { c: { d: 1 } }),
);
try {
  formatWithOptions(5, "x");
} catch (error) {
  console.log(error.code, error.message);
}
(console.log("%s is %d", "x", 5, "more"),
  console.log("%c styled %s", "color: red", "y"),
  console.log("%", 1),
  console.log());
