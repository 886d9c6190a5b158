// What tests say when they fail.
const assert = require("assert/strict");
const failed = (run) => {
  try {
    run();
    return "holds";
  } catch (error) {
    return error.message;
  }
};
console.log(failed(() => assert.equal(1 + 1, 3)));
console.log(failed(() => assert.equal("actual text", "expected text")));
console.log(failed(() => assert.deepEqual({ a: 1, list: [1, 2] }, { a: 1, list: [1, 3] })));
console.log(
  failed(() => assert.ok(null, "nothing there")),
  failed(() => assert.notEqual(1, 1)),
  failed(() => assert.match("abc", /^x/)),
);
console.log(
  failed(() =>
    assert.throws(() => {
      throw new Error("other");
    }, /wanted/),
  ),
);
console.log(
  failed(() => assert.throws(() => {}, TypeError)),
  failed(() =>
    assert.doesNotThrow(() => {
      throw new Error("oh");
    }),
  ),
);
console.log(failed(() => assert.deepEqual(new Map([["k", { v: 1 }]]), new Map([["k", { v: 2 }]]))));
console.log(
  failed(() => assert.equal(undefined, null)),
  failed(() => assert.deepEqual([1, 2, 3], [1, 2, 3])),
  failed(() => assert.fail("on purpose")),
);
(async () =>
  console.log(
    await assert.rejects(async () => {}).catch((error) => error.message),
    await assert.rejects(Promise.reject(new TypeError("t")), TypeError),
  ))();
