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
await said("object", () =>
  assert.throws(thrower(Object.assign(new Error("abc"), { code: "C" })), { code: "C", message: /^a/ }),
);
await said("object no", () =>
  assert.throws(thrower(Object.assign(new Error("abc"), { code: "C" })), { code: "D", name: "Error" }),
);
await said("function", () => assert.throws(thrower(new Error("abc")), (error) => error.message === "abc"));
await said("function no", () => assert.throws(thrower(new Error("abc")), () => false));
await said("error instance", () => assert.throws(thrower(new Error("abc")), new Error("abd")));
await said("same message", () => assert.throws(thrower(new Error("abc")), "abc"));
const error = new assert.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" });
try {
  new assert.AssertionError();
} catch (bad) {
  console.log(bad.code, bad.message);
}
