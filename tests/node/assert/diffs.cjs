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
said(() => assert.deepStrictEqual({ a: 1, b: 2 }, { a: 1, b: 3 }));
said(() => assert.deepStrictEqual([1, 2, 3], [1, 2, 4]));
said(() => assert.deepStrictEqual({ a: { b: { c: [1, 2] } } }, { a: { b: { c: [1] } } }));
said(() => assert.deepStrictEqual([], {}));
said(() => assert.deepStrictEqual(new Map([["a", 1]]), new Map([["a", 2]])));
said(() => assert.deepStrictEqual(new Set([1, 2]), new Set([1, 3])));
