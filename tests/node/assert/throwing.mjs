// throws, rejects and their opposites.
import assert from "node:assert";
const said = async (name, check) => {
  try {
    await check();
    console.log(name, "holds");
  } catch (error) {
    console.log(name, error.name, error.code, error.message);
  }
};
const thrower = (error) => () => {
  throw error;
};
await said("none", () => assert.throws(() => {}));
await said("none message", () => assert.throws(() => {}, "why"));
await said("class", () => assert.throws(thrower(new TypeError("t")), TypeError));
await said("other class", () => assert.throws(thrower(new TypeError("t")), RangeError));
await said("regexp", () => assert.throws(thrower(new Error("abc")), /b/));
await said("regexp no", () => assert.throws(thrower(new Error("abc")), /x/));
const error = new assert.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" });
try {
  new assert.AssertionError();
} catch (bad) {
  console.log(bad.code, bad.message);
}
