// inspect of maps, sets, arrays and what stands in them.
const { inspect } = require("util");
console.log({ a: { b: { c: { d: 1 } } } }, [[[[1]]]], new Map([[1, new Map([[2, new Map([[3, new Map()]])]])]]));
console.log(
  inspect({ a: { b: { c: {} } } }, { depth: 0 }),
  inspect({ a: { b: 1 } }, { depth: -1 }),
  inspect({ a: { b: { c: { d: {} } } } }, { depth: Infinity }),
);
const circular = { name: "c", list: [] };
circular.self = circular;
circular.list.push(circular, { up: circular.list });
console.log(circular, new Map([["m", circular]]));
console.log(
  Object.create(null),
  Object.create({}),
  Object.create({ constructor: null }),
  Object.create(Array.prototype),
  { __proto__: null, a: 1 },
  { __proto__: { x: 1 } },
);
console.log(
  new (class A extends Map {})([[1, 2]]),
  new (class B extends Array {})(2),
  new (class extends Set {})([1]),
  new (class C {
    #p = 1;
    q = 2;
  })(),
);
console.log({ "a-b": 1, 2: 2, "a\nb": 3, valid_$: 4, é: 5, [Symbol("s s")]: 6, [Symbol()]: 7, "": 8 });
