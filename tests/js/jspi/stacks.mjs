// The `stack` of errors that cross a park, and whom a SuspendError names.
import { test, run, same, list, holds, later, instance, rejects, promising, Suspending, SuspendError } from "../harness.mjs";

const names = (error) => error.stack.split("\n").filter((line) => line.startsWith("    at ")).map((line) => /^ {4}at (.*?) \(/.exec(line)[1]);

const waits = (f) => promising(instance(`(module (import "m" "f" (func $f))
  (func $inner (call $f)) (func $outer (export "call") (call $inner)))`, { m: { f: new Suspending(f) } }).call);

// Frames of WebAssembly among those of JavaScript.
const passed = (error) => names(error).filter((name) => name === "inner" || name === "outer" || name === "other");

test("a rejection that is thrown into a parked call", async () => {
  const error = await rejects(TypeError, waits(async function fails() { await later(); throw new TypeError("x"); })());
  const all = names(error);
  list(all.slice(0, 3), ["fails", "inner", "outer"]);
  list(Object.keys(error), []);
});

test("a rejected promise, and an error made before", async () => {
  const error = (function maker() { return new Error("x"); })();
  const before = names(error);
  same(await rejects(Error, waits(() => Promise.reject(error))()), error);
  list(names(error), [...before, "inner", "outer"]);
  // The same once more: nothing new.
  same(await rejects(Error, waits(() => Promise.reject(error))()), error);
  list(names(error), [...before, "inner", "outer"]);
});

test("an import throws before it waits, or after a wait", async () => {
  list(passed(await rejects(Error, waits(() => { throw new Error("x"); })())), ["inner", "outer"]);
  const { call } = instance(`(module (import "m" "f" (func $f)) (import "m" "g" (func $g))
    (func $inner (call $f) (call $g)) (func $outer (export "call") (call $inner)))`,
    { m: { f: new Suspending(() => later()), g: function thrower() { throw new Error("x"); } } });
  const error = await rejects(Error, promising(call)());
  list(names(error).slice(0, 3), ["thrower", "inner", "outer"]);
});

test("a value that cannot be converted when the call goes on", async () => {
  const { call } = instance(`(module (import "m" "f" (func $f (result i32))) (func $outer (export "call") (drop (call $f))))`, { m: { f: new Suspending(async () => 1n) } });
  same(names(await rejects(TypeError, promising(call)(), /./))[0], "outer");
});

test("one parked call that waits for another", async () => {
  const inner = waits(async function fails() { await later(); throw new Error("x"); });
  const { call } = instance(`(module (import "m" "f" (func $f)) (func $other (export "call") (call $f)))`, { m: { f: new Suspending(() => inner()) } });
  list(passed(await rejects(Error, promising(call)())), ["inner", "outer", "other"]);
});

test("continuations of the parked call are among its frames", async () => {
  const { call } = instance(`(module (import "m" "f" (func $f)) (type $ft (func)) (type $ct (cont $ft)) (elem declare func $inner)
    (func $inner (call $f)) (func $outer (export "call") (resume $ct (cont.new $ct (ref.func $inner)))))`, { m: { f: new Suspending(() => Promise.reject(new Error("x"))) } });
  list(passed(await rejects(Error, promising(call)())), ["inner", "outer"]);
});

test("errors that cannot be changed pass as they are", async () => {
  const error = Object.freeze(new Error("x"));
  const { stack } = error;
  same(await rejects(Error, waits(() => Promise.reject(error))()), error);
  same(error.stack, stack);
  same(await rejects("text", waits(() => Promise.reject("text"))()), "text");
});

// `outer` calls `between`, which is to call what waits.
const between = (f) => promising(instance(`(module (import "m" "between" (func $f)) (func $enters (export "call") (call $f)))`, { m: { between: f } }).call);
const waiting = () => instance(`(module (import "m" "waits" (func $f)) (func $asks (export "call") (call $f)))`, { m: { waits: new Suspending(() => later()) } }).call;

test("a SuspendError names the JavaScript function, its import and the promising call", async () => {
  const asks = waiting();
  const message = async (f) => (await rejects(SuspendError, between(f)())).message;
  const named = await message(function mine() { asks(); });
  holds(/suspending import "m" "waits".*JavaScript function mine \(import "m" "between"\).*promising call of enters/.test(named), named);
  const anonymous = await message((() => () => { asks(); })());
  holds(/an anonymous JavaScript function \(import "m" "between"\).*promising call of enters/.test(anonymous), anonymous);
  const computed = await message(Object.defineProperty(() => { asks(); }, "name", { get() { throw new Error("code of the program ran"); } }));
  holds(/an anonymous JavaScript function/.test(computed), computed);
  const escaped = await message(Object.defineProperty(() => { asks(); }, "name", { value: "\x1b[2Ja\nb" }));
  holds(!escaped.includes("\x1b") && !escaped.includes("\n"), escaped);
});

test("with two promising calls that nest, it names the inner one and what it called", async () => {
  const asks = waiting();
  let inner;
  const innerCall = promising(instance(`(module (import "m" "second" (func $f)) (func $inside (export "call") (call $f)))`, { m: { second: function second() { asks(); } } }).call);
  await between(function first() { inner = innerCall(); })();
  const { message } = await rejects(SuspendError, inner);
  holds(/JavaScript function second \(import "m" "second"\).*promising call of inside/.test(message), message);
  holds(!/first|enters/.test(message), message);
});

await run();
