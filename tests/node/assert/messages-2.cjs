// What assertions say.
const assert = require("assert");
const said = (name, check) => {
  try {
    check();
    console.log(name, "holds");
  } catch (error) {
    console.log(name, error.name, error.code, error.generatedMessage, error.operator);
    console.log(error.message);
  }
};
said("equal", () => assert.equal(1, 2));
said("equal loose", () => assert.equal("1", 1));
said("notEqual", () => assert.notEqual(1, 1));
said("notStrictEqual", () => assert.notStrictEqual("a", "a"));
said("notStrictEqual objects", () => {
  const a = { x: 1 };
  assert.notStrictEqual(a, a);
});
said("own message", () => assert.strictEqual(1, 2, "mine"));
said("own error", () => assert.strictEqual(1, 2, new TypeError("own")));
