// Differences of structures.
const assert = require("assert");
const said = (check) => {
  try {
    check();
    console.log("holds");
  } catch (error) {
    console.log(error.message);
  }
};
said(() => assert.deepStrictEqual({ a: undefined }, {}));
said(() => assert.deepStrictEqual("a\nb", "a\nc"));
said(() => assert.deepStrictEqual([1, "1"], [1, 1]));
said(() =>
  assert.deepStrictEqual(
    Array.from({ length: 40 }, (_, i) => i),
    Array.from({ length: 40 }, (_, i) => (i === 20 ? -1 : i)),
  ),
);
said(() => assert.deepStrictEqual(new Date(0), new Date(1)));
said(() => assert.deepStrictEqual(/a/, /b/));
