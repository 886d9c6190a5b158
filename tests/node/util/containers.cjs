// inspect of maps, sets, arrays and what stands in them.
const { inspect } = require("util");
console.log(
  new Map([
    ["a", 1],
    [{ k: 1 }, new Set([1, [2]])],
  ]),
  new Set(["x", { y: new Map() }]),
  new Map(),
  new Set(),
);
console.log([1, , 3], [, ,], new Array(3), Object.assign([1, 2], { x: 1, "-y": 2, 5: 6 }), [
  undefined,
  null,
  -0,
  1n,
  Symbol("q"),
]);
console.log(new Array(120).fill(7), new Set(Array.from({ length: 105 }, (_, i) => i)).size);
console.log(
  inspect(new Map(Array.from({ length: 102 }, (_, i) => [i, i])))
    .split("\n")
    .slice(-2),
);
console.log(
  inspect([1, 2, 3, 4], { maxArrayLength: 2 }),
  inspect(new Set([1, 2, 3]), { maxArrayLength: 1 }),
  inspect([1, 2], { maxArrayLength: 0 }),
  inspect([1, 2], { maxArrayLength: null }),
);
console.log(
  inspect("x".repeat(30), { maxStringLength: 5 }),
  inspect(["abcdef"], { maxStringLength: 2 }),
  inspect("abc", { maxStringLength: 0 }),
);
const circular = { name: "c", list: [] };
circular.self = circular;
circular.list.push(circular, { up: circular.list });
