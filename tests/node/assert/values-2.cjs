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
for (const name of ["equal", "deepEqual", "strictEqual", "notEqual"]) console.log(name, holds(name), holds(name, 1));
console.log(
  holds("match", "abc", /b/),
  holds("match", "abc", /x/),
  holds("doesNotMatch", "abc", /x/),
  holds("partialDeepStrictEqual", { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3 } }),
);
console.log(
  assert.strict.equal === assert.strictEqual,
  assert.ok.name,
  assert.length,
  typeof assert.strict.ok,
  require("assert/strict") === assert.strict,
);
