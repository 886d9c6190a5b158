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
await said("not function", () => assert.throws("x"));
await said("empty object", () => assert.throws(thrower(new Error("x")), {}));
await said("text thrown", () => assert.throws(thrower("text"), /e/));
await said("doesNotThrow", () => assert.doesNotThrow(thrower(new Error("inner")), "whoops"));
await said("rejects", () => assert.rejects(Promise.reject(new RangeError("r")), RangeError));
await said("rejects none", () => assert.rejects(Promise.resolve(1)));
const error = new assert.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" });
try {
  new assert.AssertionError();
} catch (bad) {
  console.log(bad.code, bad.message);
}
