// The `stack` of errors that pass through WebAssembly.
import { test, run, same, list, holds, instance } from "../harness.mjs";

// Names of the frames, innermost first; those of WebAssembly with their index.
export const frames = (error) => error.stack.split("\n").filter((line) => line.startsWith("    at ")).map((line) => {
  const [, name, index] = /^ {4}at (.*?) \((?:wasm-function\[(\d+)\]:0x[0-9a-f]+|.*)\)$/.exec(line);
  return index === undefined ? name : `${name}[${index}]`;
});

// `first(n)` names as many as those that a test has made itself.
const first = (error, n) => frames(error).slice(0, n);

const through = (f) => instance(`(module (import "m" "f" (func $f))
  (func $inner (call $f) (call $f)) (func $outer (export "call") (call $inner)))`, { m: { f } }).call;

function caught(f) {
  try {
    f();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("an import throws: its frames, WebAssembly's, those of the caller", () => {
  const call = through(function thrower() { (function deeper() { throw new TypeError("x"); })(); });
  const error = caught(function caller() { call(); });
  list(first(error, 6), ["deeper", "thrower", "inner[1]", "outer[2]", "caller", "caught"]);
  list(Object.keys(error), []);
  holds(error instanceof TypeError);
});

test("calls that nest: each between the JavaScript that called it and that it called", () => {
  const inner = through(function g() { throw new Error("x"); });
  const outer = through(function f() { inner(); });
  const error = caught(function main() { outer(); });
  list(first(error, 8), ["g", "inner[1]", "outer[2]", "f", "inner[1]", "outer[2]", "main", "caught"]);
});

test("traps and SuspendErrors too", () => {
  const { trap } = instance(`(module (func $traps (unreachable)) (func $trap (export "trap") (call $traps)))`);
  const outer = through(function f() { trap(); });
  const error = caught(function main() { outer(); });
  holds(error instanceof WebAssembly.RuntimeError);
  list(first(error, 7), ["traps[0]", "trap[1]", "f", "inner[1]", "outer[2]", "main", "caught"]);
  const waits = through(new WebAssembly.Suspending(() => {}));
  const refused = caught(function main() { waits(); });
  holds(refused instanceof WebAssembly.SuspendError);
  list(first(refused, 4), ["inner[1]", "outer[2]", "main", "caught"]);
});

test("an error of converting a result", () => {
  const { call } = instance(`(module (import "m" "f" (func $f (result i32))) (func $outer (export "call") (drop (call $f))))`, { m: { f: () => 1n } });
  list(first(caught(function main() { call(); }), 3), ["outer[1]", "main", "caught"]);
});

test("an error that passes twice has both, each once", () => {
  const error = (function maker() { return new Error("x"); })();
  const before = frames(error);
  const a = through(() => { throw error; });
  const b = instance(`(module (import "m" "f" (func $f)) (func $other (export "call") (call $f)))`, { m: { f: () => { throw error; } } }).call;
  for (let i = 0; i < 3; i++) same(caught(a), error);
  list(frames(error), [...before, "inner[1]", "outer[2]"]);
  for (let i = 0; i < 3; i++) same(caught(b), error);
  list(frames(error), [...before, "inner[1]", "outer[2]", "other[1]"]);
});

test("an error that WebAssembly catches has its frames", () => {
  let seen;
  const { call } = instance(`(module (import "m" "f" (func $f)) (import "m" "see" (func $see (param externref)))
    (import "m" "t" (tag $t (param externref)))
    (func $catches (export "call") (block $h (result externref) (try_table (catch $t $h) (call $f)) (return)) (call $see)))`,
    { m: { t: WebAssembly.JSTag, f: function thrower() { throw new Error("x"); }, see: (error) => { seen = error; } } });
  (function main() { call(); })();
  list(first(seen, 3), ["thrower", "catches[2]", "main"]);
});

test("a recursion deeper than the limit of a stack", () => {
  let n = 0;
  const call = through(function f() { if (++n === 30) throw new Error("x"); call(); });
  const error = caught(function main() { call(); });
  const seen = frames(error);
  holds(seen.length > 20 && seen.length < 100);
  list(seen.slice(0, 6), ["f", "inner[1]", "outer[2]", "f", "inner[1]", "outer[2]"]);
});

test("an error that passes again and again has a bounded stack", () => {
  const error = new Error("x");
  const many = Array.from({ length: 200 }, (_, i) => instance(`(module (import "m" "f" (func $f)) (func $g${i} (export "call") (call $f)))`, { m: { f: () => { throw error; } } }).call);
  for (let round = 0; round < 20; round++) for (const call of many) same(caught(call), error);
  holds(error.stack.length < 20_000, `${error.stack.length} characters`);
});

test("frames are bounded, and so is the name of each", () => {
  const { deep } = instance(`(module (import "m" "f" (func $f))
    (func $${"n".repeat(5000)} (export "deep") (param i32)
      (if (local.get 0) (then (call 1 (i32.sub (local.get 0) (i32.const 1)))) (else (call $f)))))`, { m: { f() { throw new Error("x"); } } });
  const error = caught(() => deep(1000));
  holds(frames(error).length > 90 && frames(error).length < 130);
  holds(error.stack.length < 40_000);
});

test("names that a module chose are made fit for a terminal", () => {
  const { call } = instance(`(module (import "m" "f" (func $f)) (func $"a\\1b[2J\\0a    at b" (export "call") (call $f)))`, { m: { f() { throw new Error("x"); } } });
  const error = caught(call);
  holds(!error.stack.includes("\x1b"));
  list(first(error, 1), ["f"]);
  holds(/\(wasm-function\[1\]/.test(error.stack.split("\n")[2]));
});

test("what a program made of a stack stays, and none of its code runs", () => {
  const never = () => { throw new RangeError("code of the program ran"); };
  const check = (error) => {
    const own = Object.getOwnPropertyDescriptor(error, "stack");
    const stack = own?.get ? undefined : error.stack;
    same(caught(through(() => { throw error; })), error);
    const after = Object.getOwnPropertyDescriptor(error, "stack");
    same(after?.value, own?.value);
    same(after?.get, own?.get);
    if (!own?.get) same(error.stack, stack);
  };
  const make = (change) => {
    const error = new Error("x");
    change(error);
    return error;
  };
  check(make((error) => { error.stack = "mine"; }));
  check(make((error) => { error.stack = undefined; }));
  check(make((error) => { error.stack = 5; }));
  check(make(Object.freeze));
  check(make(Object.preventExtensions));
  check(make((error) => Object.defineProperty(error, "stack", { get: never, configurable: true })));
  check(make((error) => Object.defineProperty(error, "stack", { value: error.stack })));
  check(make((error) => Object.setPrototypeOf(error, new Proxy(Error.prototype, { get: () => undefined, getOwnPropertyDescriptor: never, getPrototypeOf: never }))));
  class Own extends Error { get stack() { return "computed"; } }
  check(new Own());
  check({ stack: "no error" });
  check(Object.assign(Object.create(Error.prototype), {}));
  const proxy = new Proxy(new Error("x"), { get: never, getOwnPropertyDescriptor: never, getPrototypeOf: never, defineProperty: never });
  same(caught(through(() => { throw proxy; })), proxy);
});

test("Error.prepareStackTrace and stackTraceLimit", () => {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    let calls = 0;
    Error.prepareStackTrace = () => { calls += 1; return "    at mine\n"; };
    const error = new Error("x");
    same(caught(through(() => { throw error; })), error);
    same(calls, 1);
    same(error.stack, "    at mine\n");
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = 0;
    same(caught(through(() => { throw new Error("x"); })).stack, "Error: x");
    // What is no number: none of its code runs, and nothing is left when the context goes.
    Error.stackTraceLimit = { valueOf() { calls += 1; return 10; } };
    const other = new Error("x");
    same(caught(through(() => { throw other; })), other);
    same(other.stack, "Error: x");
    same(calls, 1);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
});

test("the stack of a class that captures it itself", () => {
  class Mine extends Error {
    constructor() {
      super("x");
      Error.captureStackTrace(this, Mine);
    }
  }
  const call = through(function f() { throw new Mine(); });
  const error = caught(function main() { call(); });
  list(first(error, 4), ["f", "inner[1]", "outer[2]", "main"]);
});

await run();
