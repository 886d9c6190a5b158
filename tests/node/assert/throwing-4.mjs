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
await said("rejects function", () =>
  assert.rejects(
    async () => {
      throw new Error("f");
    },
    { message: "f" },
  ),
);
await said("rejects not promise", () => assert.rejects(() => 5));
await said("rejects bad", () => assert.rejects(5));
await said("doesNotReject", () => assert.doesNotReject(Promise.reject(new Error("d"))));
const error = new assert.AssertionError({ actual: 1, expected: 2, operator: "strictEqual" });
console.log(error.message, error.code, Object.keys(error).join(), error instanceof Error);
try {
  new assert.AssertionError();
} catch (bad) {
  console.log(bad.code, bad.message);
}
console.log(
  new assert.AssertionError({ message: "m", operator: "x" }).generatedMessage,
  typeof assert.strict,
  assert.strict.equal === assert.strict.strictEqual,
  Object.keys(assert).sort().join(),
);
