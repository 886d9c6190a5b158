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
