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
said("own undefined", () => assert.strictEqual(1, 2, undefined));
said("fail", () => assert.fail());
said("fail text", () => assert.fail("text"));
said("fail error", () => assert.fail(new RangeError("r")));
said("ifError", () => assert.ifError(null));
said("ifError text", () => assert.ifError("bad"));
said("ifError error", () => assert.ifError(new Error("inner")));
