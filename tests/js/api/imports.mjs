import { test, run, same, list, holds, throws, rejects, module, instance } from "../harness.mjs";

const needsFunction = module`(module (import "m" "f" (func)))`;
const link = (m, imports) => new WebAssembly.Instance(m, imports);

test("the import object", () => {
  throws(TypeError, () => link(needsFunction));
  throws(TypeError, () => link(needsFunction, null));
  throws(TypeError, () => link(needsFunction, 1));
  throws(TypeError, () => link(needsFunction, {}), /"m"/);
  throws(TypeError, () => link(needsFunction, { m: 1 }), /"m"/);
  link(needsFunction, { m: { f() {} }, other: 1 });
  link(module`(module)`, undefined);
  link(module`(module)`, {});
  throws(TypeError, () => link(module`(module)`, 1));
  throws(TypeError, () => new WebAssembly.Instance({}));
});

test("reading order", () => {
  const order = [];
  const logged = (name, target) => new Proxy(target, { get: (t, key) => (order.push(`${name}.${String(key)}`), t[key]) });
  const m = module`(module (import "a" "x" (func)) (import "b" "y" (func)) (import "a" "z" (func)))`;
  const f = () => {};
  link(m, logged("imports", { a: logged("a", { x: f, z: f }), b: logged("b", { y: f }) }));
  list(order, ["imports.a", "a.x", "imports.b", "b.y", "imports.a", "a.z"]);
  const thrown = {};
  throws(thrown, () => link(needsFunction, { get m() { throw thrown; } }));
});

test("what does not fit is a LinkError with both names", () => {
  for (const wrong of [undefined, null, 1, {}, "f"]) throws(WebAssembly.LinkError, () => link(needsFunction, { m: { f: wrong } }), /"m" "f"/);
  const kinds = {
    memory: module`(module (import "m" "x" (memory 2 4)))`,
    table: module`(module (import "m" "x" (table 2 4 funcref)))`,
    global: module`(module (import "m" "x" (global i32)))`,
    mutable: module`(module (import "m" "x" (global (mut i32))))`,
    i64: module`(module (import "m" "x" (global i64)))`,
    funcref: module`(module (import "m" "x" (global funcref)))`,
  };
  const memory = (initial, maximum) => new WebAssembly.Memory({ initial, maximum });
  const table = (initial, maximum, element = "anyfunc") => new WebAssembly.Table({ initial, maximum, element });
  const wrongs = {
    memory: [undefined, {}, table(2, 4), memory(1, 4), memory(2), memory(2, 5)],
    table: [undefined, {}, memory(2, 4), table(1, 4), table(2), table(2, 5), table(2, 4, "externref")],
    global: [undefined, {}, "1", 1n, true, new WebAssembly.Global({ value: "i64" }), new WebAssembly.Global({ value: "i32", mutable: true })],
    mutable: [1, new WebAssembly.Global({ value: "i32" }), new WebAssembly.Global({ value: "i64", mutable: true })],
    i64: [1, undefined],
    funcref: [1, () => 1, undefined],
  };
  for (const [kind, values] of Object.entries(wrongs)) {
    for (const x of values) throws(WebAssembly.LinkError, () => link(kinds[kind], { m: { x } }));
  }
  link(kinds.memory, { m: { x: memory(2, 4) } });
  link(kinds.memory, { m: { x: memory(3, 3) } });
  link(kinds.table, { m: { x: table(2, 4) } });
  link(kinds.global, { m: { x: 1.5 } });
  link(kinds.global, { m: { x: new WebAssembly.Global({ value: "i32" }, 4) } });
  link(kinds.i64, { m: { x: 5n } });
  link(kinds.funcref, { m: { x: null } });
});

test("globals by value", () => {
  const { i, f, e } = instance(`(module
    (import "m" "i" (global i32)) (import "m" "f" (global f32)) (import "m" "e" (global externref))
    (export "i" (global 0)) (export "f" (global 1)) (export "e" (global 2)))`, { m: { i: 7.9, f: 0.1, e: "text" } });
  same(i.value, 7);
  same(f.value, Math.fround(0.1));
  same(e.value, "text");
});

test("arguments and results of imported functions", () => {
  let got;
  let result;
  const { call, callVoid, callMany } = instance(`(module
    (import "m" "f" (func $f (param i32 i64 f32 f64 externref funcref) (result i32)))
    (import "m" "f" (func $void))
    (import "m" "f" (func $many (result i32 i64)))
    (func $self (export "call") (param externref) (result i32)
      (call $f (i32.const -1) (i64.const -2) (f32.const 0.5) (f64.const -0) (local.get 0) (ref.null func)))
    (func (export "callVoid") (call $void))
    (func (export "callMany") (result i32 i64) (call $many)))`, {
    m: {
      f(...args) {
        got = [this, ...args];
        return result;
      },
    },
  });
  const object = {};
  result = { valueOf: () => "42" };
  same(call(object), 42);
  list(got, [undefined, -1, -2n, 0.5, -0, object, null]);
  same(callVoid(), undefined);
  list(got, [undefined]);
  const gives = (value, expected) => ((result = value), list(callMany(), expected));
  gives([1, 2n], [1, 2n]);
  gives(new Set(["3", 4n]), [3, 4n]);
  gives((function* () { yield 5; yield 6n; })(), [5, 6n]);
  for (const wrong of [undefined, null, 1, {}, [1], [1, 2n, 3], [1, 2]]) {
    result = wrong;
    throws(TypeError, () => callMany());
  }
  result = 5n;
  throws(TypeError, () => call(object));
});

test("many parameters", () => {
  let got;
  const params = "i32 ".repeat(24);
  const args = Array.from({ length: 24 }, (_, i) => i * i);
  const { f } = instance(`(module (import "m" "f" (func $f (param ${params}))) (func (export "f") (param ${params})
    (call $f ${args.map((_, i) => `(local.get ${i})`).join(" ")})))`, { m: { f: (...args) => (got = args) } });
  f(...args);
  list(got, args);
});

test("exceptions pass through unchanged", () => {
  for (const value of [new Error("x"), { a: 1 }, "text", null, undefined, 7]) {
    const { f } = instance(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, { m: { f() { throw value; } } });
    throws(value, f);
    const outer = instance(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, { m: { f: () => f() } });
    throws(value, outer.f);
  }
});

test("an exported function imported elsewhere is the same function", () => {
  const { f } = instance(`(module (func (export "f") (result i32) (i32.const 5)))`);
  const other = instance(`(module (import "m" "f" (func $f (result i32))) (export "f" (func $f)) (func (export "g") (result i32) (call $f)))`, { m: { f } });
  same(other.f, f);
  same(other.g(), 5);
  throws(WebAssembly.LinkError, () => link(module`(module (import "m" "f" (func (result i64))))`, { m: { f } }));
});

test("callable objects", () => {
  const seen = [];
  class Callable extends Function {}
  for (const f of [new Proxy((x) => seen.push(x), {}), ((x) => seen.push(x)).bind(null), Math.abs, async (x) => seen.push(x), new Callable("x", "return x")]) {
    instance(`(module (import "m" "f" (func $f (param i32) (result i32))) (func (export "f") (drop (call $f (i32.const 3)))))`, { m: { f } });
  }
});

test("instances run their start function", () => {
  const order = [];
  link(module`(module (import "m" "f" (func $f)) (start $f))`, { m: { f: () => order.push("start") } });
  list(order, ["start"]);
  throws(WebAssembly.RuntimeError, () => link(module`(module (func $f (unreachable)) (start $f))`), /unreachable/);
  const thrown = {};
  throws(thrown, () => link(module`(module (import "m" "f" (func $f)) (start $f))`, { m: { f() { throw thrown; } } }));
  throws(WebAssembly.RuntimeError, () => link(module`(module (memory 1) (data (i32.const 65536) "x"))`), /out of bounds/);
});

test("re-entrance while arguments are converted", () => {
  const { add } = instance(`(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`);
  same(add({ valueOf: () => add(1, 2) }, { valueOf: () => add(3, { valueOf: () => add(4, 5) }) }), 15);
  const { f } = instance(`(module (import "m" "f" (func $f (result i32 i32))) (func (export "f") (result i32 i32) (call $f)))`, {
    m: { f: () => (function* () { yield add(1, 1); yield { valueOf: () => add(2, 2) }; })() },
  });
  list(f(), [2, 4]);
});

await run();
