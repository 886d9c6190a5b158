import { test, run, same, list, holds, throws, instance } from "../harness.mjs";

const exported = instance(`(module
  (import "m" "f" (func $import (param i32)))
  (func $a (export "a") (export "again") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "none"))
  (func (export "i64") (param i64) (result i64) (local.get 0))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func (export "func") (param funcref) (result funcref) (local.get 0))
  (func (export "many") (param i32 i64) (result i32 i64 externref) (local.get 0) (local.get 1) (ref.null extern))
  (func (export "ten") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.sub (local.get 0) (local.get 9)))
  (table (export "table") 2 funcref) (elem (i32.const 0) $a $import)
  (export "import" (func $import)))`, { m: { f() {} } });

test("exported functions", () => {
  const { a, again, none } = exported;
  same(a, again);
  same(a, exported.table.get(0));
  same(a.name, "1");
  same(a.length, 2);
  same(none.name, "2");
  holds(a instanceof Function);
  same(Object.getPrototypeOf(a), WebAssembly.Function.prototype);
  same(Object.getPrototypeOf(WebAssembly.Function.prototype), Function.prototype);
  same(typeof a, "function");
  same(String(a), "function 1() {\n    [native code]\n}");
  throws(TypeError, () => new a(1, 2));
  holds(!Object.hasOwn(a, "prototype"));
  a.note = 1;
  same(exported.a.note, 1);
});

test("arguments", () => {
  const { a, none } = exported;
  same(a(1, 2, 3), 3);
  same(a(), 0);
  same(a(1), 1);
  same(a("40", { valueOf: () => 2 }), 42);
  same(a(2 ** 31, 0), -(2 ** 31));
  same(a(1.9, -1.9), 0);
  same(none(1), undefined);
  same(a.call(null, 1, 2), 3);
  same(a.apply(undefined, [1, 2]), 3);
  same(a.bind(null, 5)(6), 11);
  same(exported.ten(10, 0, 0, 0, 0, 0, 0, 0, 0, 3), 7);
  const order = [];
  a({ valueOf: () => order.push("first") }, { valueOf: () => order.push("second") });
  list(order, ["first", "second"]);
  const thrown = {};
  throws(thrown, () => a({ valueOf() { throw thrown; } }, { valueOf: () => order.push("never") }));
  same(order.length, 2);
});

test("values", () => {
  same(exported.i64(2n ** 63n), -(2n ** 63n));
  same(exported.i64("12"), 12n);
  same(exported.i64(true), 1n);
  throws(TypeError, () => exported.i64(1));
  throws(SyntaxError, () => exported.i64("x"));
  same(exported.f32(16777217), 16777216);
  same(exported.f32(1e40), Infinity);
  same(exported.f64(-0), -0);
  same(exported.f64(undefined), NaN);
  same(exported.f64(2 ** 53), 2 ** 53);
  for (const value of [undefined, null, 1, "s", {}, exported.a, Symbol.iterator, 1n]) same(exported.extern(value), value);
  same(exported.func(exported.a), exported.a);
  same(exported.func(null), null);
  for (const wrong of [undefined, () => 1, {}, 0]) throws(TypeError, () => exported.func(wrong));
});

test("several results are an array", () => {
  const result = exported.many(3, 4n);
  holds(Array.isArray(result));
  list(result, [3, 4n, null]);
});

test("a re-exported import is a function of its own", () => {
  same(exported.import, exported.table.get(1));
  same(exported.import.length, 1);
});

test("traps", () => {
  const traps = instance(`(module (memory 1)
    (func $inner (unreachable)) (func (export "unreachable") (call $inner))
    (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func $recurse (export "recurse") (call $recurse)))`);
  const error = throws(WebAssembly.RuntimeError, () => traps.unreachable(), /unreachable/);
  holds(/at inner \(wasm-function\[0\]:0x[0-9a-f]+\)\n\s*at unreachable \(wasm-function\[1\]/.test(error.stack), error.stack);
  holds(error.stack.includes("functions.mjs"), "frames of JavaScript follow");
  throws(WebAssembly.RuntimeError, () => traps.divide(0), /integer divide by zero/);
  throws(WebAssembly.RuntimeError, () => traps.load(-1), /out of bounds memory access/);
  throws(RangeError, () => traps.recurse(), /call stack size/);
  same(traps.divide(1), 1, "the instance goes on");
});

test("recursion through both languages ends in an exception", () => {
  const both = instance(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, { m: { f: () => both.f() } });
  throws(RangeError, () => both.f());
  let depth = 0;
  const counted = instance(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, {
    m: { f() { if (++depth < 100) counted.f(); } },
  });
  counted.f();
  same(depth, 100);
});

await run();
