// What `node:assert` lets pass, and what it says of the rest.
const assert = require("node:assert");
const passes = (name, ...args) => {
  try {
    assert[name](...args);
    return true;
  } catch (error) {
    return error.code === "ERR_ASSERTION" ? false : `${error.name} ${error.code}`;
  }
};
console.log(passes("ok", 1), passes("ok", ""), passes("equal", 1, "1"), passes("equal", NaN, NaN), passes("notEqual", 1, 2), passes("strictEqual", 1, "1"), passes("strictEqual", NaN, NaN), passes("strictEqual", 0, -0), passes("notStrictEqual", 1, 1));
const pairs = [[{ a: 1 }, { a: 1 }], [{ a: 1 }, { a: "1" }], [[1, 2], [1, 2]], [[1, 2], [2, 1]], [new Map([[1, 2]]), new Map([[1, 2]])], [new Set([{ a: 1 }]), new Set([{ a: 1 }])], [new Date(1), new Date(2)], [/a/g, /a/i], [Object(1), Object(1)], [[, 1], [undefined, 1]], [{ a: undefined }, {}], [new Error("a"), new Error("a")], [new Error("a"), new Error("b")], [Buffer.from("a"), Buffer.from("a")], [new Uint8Array(1), new Int8Array(1)], [Object.create(null), {}], [0, -0], [NaN, NaN], [[1], { 0: 1, length: 1 }], [new (class A {})(), {}], [Symbol.iterator, Symbol.iterator], [null, undefined]];
for (const [left, right] of pairs) console.log(passes("deepEqual", left, right), passes("deepStrictEqual", left, right), passes("notDeepStrictEqual", left, right));
console.log(passes("partialDeepStrictEqual", { a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } }), passes("partialDeepStrictEqual", { a: 1 }, { a: 2 }));
const thrower = () => { throw Object.assign(new TypeError("bad thing"), { code: "E_X" }); };
console.log(passes("throws", thrower), passes("throws", () => {}), passes("throws", thrower, TypeError), passes("throws", thrower, RangeError), passes("throws", thrower, /bad/), passes("throws", thrower, { code: "E_X", message: /thing/ }), passes("throws", thrower, { code: "E_Y" }), passes("throws", thrower, (error) => error.code === "E_X"), passes("doesNotThrow", () => {}), passes("doesNotThrow", thrower), passes("throws", "no"), passes("throws", thrower, "bad thing"));
console.log(passes("match", "abc", /b/), passes("match", "abc", /x/), passes("match", 5, /5/), passes("doesNotMatch", "abc", /x/), passes("ifError", null), passes("ifError", undefined), passes("ifError", 0), passes("fail"));
(async () => {
  for (const [name, ...args] of [["rejects", Promise.reject(new Error("x"))], ["rejects", Promise.resolve(1)], ["rejects", async () => { throw new TypeError("y"); }, TypeError], ["doesNotReject", Promise.resolve()], ["doesNotReject", Promise.reject(new Error("z"))], ["rejects", "no"]]) await assert[name](...args).then(() => console.log("fine"), (error) => console.log(error.name, error.code));
  for (const run of [() => assert.equal(1, 2), () => assert.strictEqual(1, 2, "own words"), () => assert.ok(0, "not ok"), () => assert.fail("failed"), () => assert.fail(), () => assert.notStrictEqual(1, 1), () => assert.throws(() => {}), () => assert.doesNotMatch("abc", /b/), () => assert.strictEqual(1, 2, new RangeError("instead")), () => assert()]) {
    try {
      run();
    } catch (error) {
      console.log(error.name, error.code, error.operator, error.generatedMessage, JSON.stringify(error.message), typeof error.actual, typeof error.expected);
    }
  }
  console.log(assert.strict.equal === assert.strictEqual, require("node:assert/strict") === assert.strict, typeof assert.AssertionError, new assert.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" }).name);
})();
