// Where inspect breaks lines, in which columns.
const { inspect } = require("util");
Error.stackTraceLimit = 0;
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
