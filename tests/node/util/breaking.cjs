// Where inspect breaks lines, in which columns.
const { inspect } = require("util");
console.log({ a: "x".repeat(30), b: "y".repeat(30), c: 1 });
console.log({ a: "x".repeat(34), b: "y".repeat(30) });
console.log({ a: { b: 1, c: { d: 1 } }, e: [1, 2, { f: 1 }], g: "line\nbreak" });
console.log(Array.from({ length: 30 }, (_, i) => "word" + i * 37));
console.log(Array.from({ length: 27 }, (_, i) => i * i * i));
console.log([["aaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbb"], ["cccccccccccccccccccccccccccccccccccc"]]);
for (const compact of [false, true, 0, 1, 3, 5])
  console.log(inspect({ a: [1, 2, { b: 3 }], c: { d: { e: { f: 1 } } } }, { compact, depth: 9 }));
