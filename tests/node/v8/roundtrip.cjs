// Values there and back.
const v8 = require("node:v8");
const back = (value) => v8.deserialize(v8.serialize(value));
for (const value of [undefined, null, true, false, 0, -0, 1, -1, 1.5, NaN, Infinity, 2 ** 30, -(2 ** 30), 2 ** 31, 2 ** 53, "", "text", "tëxt", "日本", 10n, -(2n ** 70n), 0n]) console.log(back(value), Object.is(back(value), value));
console.log(back({ a: 1, b: [1, , 3], c: { d: null }, 5: "index" }));
console.log(back([1, "two", [3]]), back(Object.assign([1, 2], { extra: true })));
console.log(back(new Date(86400000)), back(/a+b/gi), back(new Map([["k", { v: 1 }], [1, 2]])), back(new Set([1, "a", [2]])));
console.log(back(Buffer.from("bytes")), back(new Uint8Array([1, 2])), back(new Float64Array([1.5])), back(new ArrayBuffer(3)));
console.log(back(Object(1)), back(Object("s")), back(Object(true)), back(Object(5n)));
const cycle = { name: "cycle" };
cycle.self = cycle;
const again = back(cycle);
console.log(again.self === again, again.name);
const shared = { x: 1 };
const pair = back([shared, shared]);
console.log(pair[0] === pair[1]);
const error = back(new RangeError("wrong"));
console.log(error instanceof RangeError, error.name, error.message, typeof error.stack);
console.log(back(new Error("outer", { cause: "inner" })).cause);
