// Errors in inspect: causes, properties, names, aggregates, stacks that are cut or missing.
const { inspect } = require("util");
const plain = (error) => {
  for (let e = error; e && typeof e === "object"; e = e.cause) {
    e.stack = `${e.name}: ${e.message}\n    at place (file:1:2)`;
  }
  return error;
};
class Own extends Error {
  name = "Own";
}
class Plain extends Error {}
const renamed = plain(new Error("renamed"));
renamed.name = "Later";
const bare = new Error("no stack");
bare.stack = undefined;
const empty = new Error("empty");
empty.stack = "";
const all = new AggregateError([plain(new Error("first")), "second"], "both");
all.stack = "AggregateError: both\n    at z";
console.log(all);
const odd = plain(new Error("odd"));
odd.message = 5;
odd[Symbol("s")] = 1;
odd.cause = undefined;
console.log(odd, inspect(plain(new Error("compact")), { compact: false }));
const error = plain(new Error("deep"));
console.log(inspect({ a: { b: { c: error } } }), inspect({ a: { b: { c: { d: error } } } }));
const own = new Error("own");
Object.defineProperty(own, "stack", { value: "custom text" });
console.log(own, { own });
console.log(
  inspect(Object.create(Error.prototype)),
  Object.prototype.toString.call(new Own()),
  String(new Own("x")),
  inspect(new DOMException("gone", "AbortError")).split("\n")[0],
);
