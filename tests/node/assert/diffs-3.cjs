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
said(() => assert.deepStrictEqual(-0, 0));
said(() => assert.deepEqual({ a: 1 }, { a: "1" }));
said(() => assert.deepEqual({ a: 1 }, { a: 2 }));
said(() => assert.notDeepStrictEqual({ a: 1 }, { a: 1 }));
said(() => assert.notDeepEqual([1], ["1"]));
said(() => assert.deepStrictEqual(Object.create(null), {}));
