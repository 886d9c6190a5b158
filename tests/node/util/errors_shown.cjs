// Errors in inspect: causes, properties, names, aggregates, stacks that are cut or missing.
const { inspect } = require("util");
const plain = (error) => {
  for (let e = error; e && typeof e === "object"; e = e.cause) {
    e.stack = `${e.name}: ${e.message}\n    at place (file:1:2)`;
  }
  return error;
};
console.log(plain(new Error("one")));
console.log(plain(Object.assign(new TypeError("two"), { code: "E_TWO", extra: { a: [1] } })));
console.log(plain(new Error("outer", { cause: new RangeError("inner", { cause: "text" }) })));
console.log({ error: plain(new SyntaxError("nested\nlines")) }, [plain(new Error(""))]);
class Own extends Error {
  name = "Own";
}
class Plain extends Error {}
const renamed = plain(new Error("renamed"));
renamed.name = "Later";
console.log(
  renamed,
  inspect(Object.assign(new Own("m"), { stack: "Own: m\n    at x" })),
  inspect(Object.assign(new Plain("q"), { stack: "Error: q\n    at y" })),
);
const bare = new Error("no stack");
bare.stack = undefined;
const empty = new Error("empty");
empty.stack = "";
console.log(bare, empty, [bare]);
const all = new AggregateError([plain(new Error("first")), "second"], "both");
all.stack = "AggregateError: both\n    at z";
const odd = plain(new Error("odd"));
odd.message = 5;
odd[Symbol("s")] = 1;
odd.cause = undefined;
const error = plain(new Error("deep"));
const own = new Error("own");
Object.defineProperty(own, "stack", { value: "custom text" });
