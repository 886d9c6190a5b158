// JSON in and out, with what it leaves out and what it refuses.
const value = {
  a: [1, undefined, () => 1, Symbol("s"), NaN, -0],
  u: undefined,
  d: new Date(0),
  m: new Map([[1, 2]]),
  n: { toJSON: (key) => `json ${key}` },
  big: Object(1),
  s: '\u2028\ud800"',
};
console.log(
  JSON.stringify(value),
  JSON.stringify(value, null, 2).split("\n").length,
  JSON.stringify(value, ["a", "d"]),
  JSON.stringify([1, [2]], null, "--"),
);
console.log(
  JSON.stringify(undefined),
  JSON.stringify(null),
  JSON.stringify("é\n"),
  JSON.stringify({ [Symbol("x")]: 1, y: 2 }),
  JSON.stringify(Object.create({ inherited: 1 })),
);
console.log(
  JSON.parse('{"a":[1,{"b":null}],"a":2}'),
  JSON.parse(" [1 , 2.5e3 , true ] "),
  JSON.parse('"\\u00e9\\n"'),
  JSON.parse("1", (k, v) => v + 1),
  JSON.parse('{"x":{"y":1}}', (k, v) => (k === "y" ? undefined : v)),
);
for (const bad of ["", "{", "[1,]", "{'a':1}", "01", "undefined", "NaN", '"\n"', '{"a":1}x'])
  try {
    JSON.parse(bad);
    console.log("parsed", bad);
  } catch (error) {
    console.log(JSON.stringify(bad), error.name);
  }
const circle = {};
circle.me = circle;
for (const bad of [
  circle,
  1n,
  {
    toJSON() {
      throw new RangeError("r");
    },
  },
])
  try {
    JSON.stringify(bad);
  } catch (error) {
    console.log(error.name);
  }
console.log(
  JSON.stringify({ k: [new Set([1]), /x/, new Error("e"), new Uint8Array(2), Buffer.from("b")] }),
  JSON.stringify("x".repeat(3), null, 20),
  JSON[Symbol.toStringTag],
);
console.log(
  JSON.stringify({ b: 1, a: 2, 1: 3 }),
  JSON.parse('{"__proto__":{"x":1}}').x,
  Object.keys(JSON.parse('{"__proto__":1}')),
  structuredClone(JSON.parse('{"deep":{"er":[1]}}')),
);
