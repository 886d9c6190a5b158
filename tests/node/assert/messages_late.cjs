// A message is looked at when it is to be told.
const assert = require("assert");

for (const name of ["equal", "notEqual", "deepEqual", "strictEqual", "notStrictEqual", "deepStrictEqual", "notDeepStrictEqual"]) {
  for (const message of [undefined, null, 5, "text", new RangeError("own")]) {
    for (const pair of [[1, 1], [1, 2]]) {
      try {
        assert[name](...pair, message);
        console.log(name, "holds");
      } catch (error) {
        console.log(name, error.name, error.code, error.message.split("\n")[0]);
      }
    }
  }
}
