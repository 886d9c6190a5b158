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
said("strictEqual numbers", () => assert.strictEqual(1, 2));
said("strictEqual text", () => assert.strictEqual("abc", "abd"));
said("strictEqual lines", () => assert.strictEqual("a\nb\nc", "a\nx\nc"));
said("strictEqual types", () => assert.strictEqual("1", 1));
said("strictEqual objects", () => assert.strictEqual({ a: 1 }, { a: 1 }));
said("strictEqual NaN", () => assert.strictEqual(NaN, NaN));
said("strictEqual long", () => assert.strictEqual("x".repeat(50), "x".repeat(49) + "y"));
