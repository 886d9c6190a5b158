// The options of `util.inspect`.
const util = require("node:util");
const deep = { a: { b: { c: { d: {} } } }, list: [1, [2, [3, [4]]]] };
for (const options of [{ depth: 0 }, { depth: null }, { compact: false }, { breakLength: 20 }, { colors: true }, { maxArrayLength: 1 }, { showHidden: true, depth: 1 }, { sorted: true }, { getters: true }, { numericSeparator: true }, { maxStringLength: 3 }, { compact: 1 }]) {
  console.log(JSON.stringify(options), util.inspect({ z: 1, ...deep, text: "abcdef", number: 1234567.891, get g() { return "got"; }, set: new Set([1, 2, 3]), f() {}, u: undefined, n: null, s: Symbol("q"), d: new Date(0), r: /x/ }, options));
}
class Own { [util.inspect.custom](depth, options, inspect) { return `Own<${depth}, ${typeof options.stylize}, ${inspect === util.inspect}>`; } }
console.log(util.inspect(new Own()), util.inspect({ own: new Own() }), util.inspect([new Own()], { depth: 5 }));
console.log(util.inspect({ [util.inspect.custom]: () => ({ replaced: true }) }), util.inspect("text", { colors: true }), util.inspect(new (class Foo { get [Symbol.toStringTag]() { return "Tag"; } })()));
console.log(util.inspect(new Map([["k", "v"]]).entries()), util.inspect([1, 2][Symbol.iterator]()), util.inspect(new Set([1]).values()));
console.log(util.inspect(Object.defineProperty({}, "hidden", { value: 1 }), { showHidden: true }), util.inspect(new Array(5).fill("abc"), { breakLength: 10 }));
console.log(util.inspect(Object.create({}, { x: { value: 1, enumerable: true } })), util.inspect({ a: 1n, b: -5n }), util.inspect([,"a",,"b"]), util.inspect(Object("boxed")), util.inspect(Object(Symbol("b"))));
console.log(util.inspect("a".repeat(20000)).length, util.inspect(Array(200).fill(1)).length, util.inspect(new Error("x", { cause: "why" })).includes("[cause]: 'why'"));
const error = new Error("with props");
error.stack = "Error: with props\n    at place";
error.code = "E_CODE";
console.log(util.inspect(error), util.inspect({ error: Object.assign(new TypeError("t"), { stack: "TypeError: t" }) }));
const aggregate = new AggregateError([1, 2], "many");
aggregate.stack = "AggregateError: many";
console.log(util.inspect(aggregate));
