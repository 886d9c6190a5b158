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
said("ok none", () => assert.ok());
said("ok false", () => assert(false, "told"));
said("match", () => assert.match("abc", /x/));
said("match number", () => assert.match(5, /x/));
said("doesNotMatch", () => assert.doesNotMatch("abc", /b/));
said("match not regexp", () => assert.match("abc", "b"));
