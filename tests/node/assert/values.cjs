// ok, equal and their kin on values that convert to each other.
const assert = require("assert");
const holds = (name, ...args) => {
  try {
    assert[name](...args);
    return 1;
  } catch (error) {
    return error.code === "ERR_ASSERTION" ? 0 : error.code;
  }
};
const pairs = [
  [1, "1"],
  [0, -0],
  [NaN, NaN],
  [null, undefined],
  ["", 0],
  [[1], "1"],
  [true, 1],
  [1n, 1],
  ["a", "a"],
  [{}, {}],
  [[], []],
];
for (const name of [
  "equal",
  "strictEqual",
  "deepEqual",
  "deepStrictEqual",
  "notEqual",
  "notStrictEqual",
  "notDeepEqual",
  "notDeepStrictEqual",
])
  console.log(name, pairs.map(([a, b]) => holds(name, a, b)).join(""));
console.log([1, "x", {}, true, 0, "", null, undefined, NaN, 0n].map((v) => holds("ok", v)).join(""));
console.log([null, undefined, 0, "", false, new Error("x"), "text"].map((v) => holds("ifError", v)).join(""));
