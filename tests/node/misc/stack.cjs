// `stack` begins with what the error is, when it is asked.
const heads = (stack) => String(stack).split("\n").filter((line) => !/^ {4}at /.test(line));
const show = (make) => console.log(JSON.stringify(heads(make().stack)));
const captured = (object, below) => (Error.captureStackTrace(object, below), object);

for (const Class of [Error, TypeError, RangeError, WebAssembly.RuntimeError]) show(() => new Class("text"));
show(() => new Error());
show(() => new Error("two\nlines"));
show(() => new AggregateError([1], "many"));
show(() => Object.assign(new Error("x"), { message: "changed" }));
show(() => Object.assign(new Error("x"), { name: "Named" }));
show(() => { class Mine extends Error { constructor(text) { super(text); this.name = "Mine"; } } return new Mine("x"); });
show(() => { class Mine extends Error { get name() { return "Computed"; } } return new Mine("x"); });
show(() => { class Mine extends Error {} Mine.prototype.name = "Inherited"; return new Mine("x"); });
show(() => { class Mine extends Error { constructor(text) { super(text); Error.captureStackTrace(this, Mine); } } return new Mine("x"); });
show(() => captured({}));
show(() => captured({ name: "N", message: "m" }));
show(() => captured(Object.create(null)));
show(() => captured(function named() {}));

// Frames follow, without an end of line.
function here() { return new Error("x"); }
console.log(/^Error: x\n    at here \(.*stack\.cjs:\d+:\d+\)\n    at /.test(here().stack), here().stack.endsWith("\n"));
function above() { return below(); }
function below() { return captured({}, below); }
console.log(/^Error\n    at above /.test(above().stack));

// What the program makes of it stays.
const set = new Error("x");
for (const value of ["mine", 5, undefined]) console.log((set.stack = value, set.stack), Object.keys(set));
const { stackTraceLimit } = Error;
Error.stackTraceLimit = 0;
show(() => new Error("without frames"));
Error.stackTraceLimit = stackTraceLimit;
Error.prepareStackTrace = (error, sites) => `    at ${error.message} ${sites[0].getFunctionName()}\n`;
console.log(JSON.stringify(here().stack), typeof Error.prepareStackTrace);
Error.prepareStackTrace = (error, sites) => sites.length > 0;
console.log(here().stack, captured({}).stack);
Error.prepareStackTrace = undefined;

// How errors without frames are shown.
Error.stackTraceLimit = 0;
class Sub extends TypeError {}
class MyError extends Error {}
console.log(new Error("x"), new Error(), [new Sub("x")], new MyError("m"));
console.log(Object.assign(new Error("x"), { name: "AbortError" }), Object.assign(new Error("x"), { name: "Odd", code: 1 }));
console.log(Object.assign(new Error("x"), { message: "y", stack: "Error: x" }), Object.assign(new Error("x"), { stack: "only this" }));
console.log(new Error("x", { cause: new RangeError("why") }), new AggregateError([new Error("one")], "all"));
console.log(Object.setPrototypeOf(new Error("x"), null) instanceof Error, Object.assign(new Error("x"), { [Symbol.toStringTag]: "Tag" }));
