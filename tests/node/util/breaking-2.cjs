// Where inspect breaks lines, in which columns.
const { inspect } = require("util");
for (const breakLength of [10, 40, 80, Infinity])
  console.log(inspect({ alpha: "one", beta: ["two", "three"], gamma: new Map([["k", "v"]]) }, { breakLength }));
console.log("a long string ".repeat(12), ["a long string ".repeat(8)], {
  text: "first line\nsecond line\n" + "third ".repeat(10),
});
console.log(
  inspect({ f() {}, g: () => 1, async h() {}, *i() {}, j: class J {}, k: class extends Array {}, async *l() {} }),
);
console.log(
  {
    a: 1,
    get b() {
      return 1;
    },
    set b(x) {},
    get c() {
      return 2;
    },
    set d(x) {},
  },
  inspect(
    {
      get b() {
        return { x: 1 };
      },
      get c() {
        throw new Error("no");
      },
      set d(v) {},
    },
    { getters: true },
  ),
);
console.log(
  inspect({ b: 1, a: { d: 1, c: 2 } }, { sorted: true }),
  inspect({ b: 1, a: 2, c: 3 }, { sorted: (x, y) => (x < y ? 1 : -1) }),
  inspect([123456789, 1234.5678, -9876543n], { numericSeparator: true }),
);
console.log(
  [
    { id: 1, name: "first" },
    { id: 2, name: "second", more: [1, 2, 3, 4, 5, 6, 7] },
  ],
  [[[]], [{}], [[[]]]],
);
