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
said(() =>
  assert.deepStrictEqual(
    new (class A {
      x = 1;
    })(),
    { x: 1 },
  ),
);
said(() => assert.partialDeepStrictEqual({ a: 1, b: [1, 2] }, { b: [1] }));
said(() => assert.partialDeepStrictEqual({ a: 1 }, { a: 2 }));
