// util.diff and isDeepStrictEqual on everyday values.
const util = require("util");
console.log(
  util.diff("kitten", "sitting").filter(([kind]) => kind !== 0).length,
  util.diff("same", "same"),
  util.diff(["a"], []),
  util.diff([], ["b"]),
);
console.log(util.diff(["1", "2", "3"], ["1", "3", "4"]));
for (const bad of [
  [1, 2],
  [[1], "b"],
  [null, null],
])
  try {
    console.log(util.diff(...bad));
  } catch (error) {
    console.log(error.code);
  }
const config = () => ({
  name: "x",
  list: [1, { deep: new Map([["k", new Set([1, 2])]]) }],
  when: new Date(5),
  re: /a/g,
  n: null,
  u: undefined,
});
console.log(
  util.isDeepStrictEqual(config(), config()),
  util.isDeepStrictEqual({ ...config(), n: undefined }, config()),
  util.isDeepStrictEqual([1, 2], new Set([1, 2])),
);
const a = config();
a.list[1].deep.get("k").add(3);
console.log(
  util.isDeepStrictEqual(a, config()),
  util.isDeepStrictEqual([NaN, -0], [NaN, 0]),
);
