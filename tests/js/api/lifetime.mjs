import { test, run, same, list, module, instance } from "../harness.mjs";

/** Gives back what nobody has: more memories than a collection waits for. */
function collect() {
  gc();
  for (let i = 0; i < 300; i++) new WebAssembly.Memory({ initial: 0 });
  gc();
}

const plain = module`(module (import "m" "f" (func $f (result i32))) (memory 1)
  (func (export "f") (result i32) (call $f)))`;
const make = (f) => new WebAssembly.Instance(plain, { m: { f } }).exports;

test("an exported function keeps its instance and what that imports", () => {
  let calls = 0;
  const { f } = make(() => ++calls);
  collect();
  list([f(), f(), calls], [1, 2, 2]);
});

test("exceptions with tags that nobody else has", () => {
  const { f } = instance(`(module (import "m" "t" (func $t)) (func (export "f") (result i32)
    (block $h (try_table (catch_all $h) (call $t)) (return (i32.const 0))) (i32.const 7)))`, {
    m: { t() { throw new WebAssembly.Exception(new WebAssembly.Tag({ parameters: ["i32"] }), [3]); } },
  });
  for (let i = 0; i < 3000; i++) same(f(), 7);
});

test("a kept exception is caught after its tag's instance was dropped", () => {
  let thrown;
  {
    const { t } = instance(`(module (tag $x (param i32)) (func (export "t") (throw $x (i32.const 5))))`);
    try { t(); } catch (error) { thrown = error; }
  }
  collect();
  same(thrown instanceof WebAssembly.Exception, true);
  const { f } = instance(`(module (import "m" "t" (func $t)) (func (export "f") (result i32)
    (block $h (try_table (catch_all $h) (call $t)) (return (i32.const 0))) (i32.const 7)))`,
    { m: { t() { throw thrown; } } });
  same(f(), 7);
});

test("an exception keeps a function that it carries", () => {
  const tag = new WebAssembly.Tag({ parameters: ["funcref"] });
  const exception = new WebAssembly.Exception(tag, [make(() => 9).f]);
  collect();
  same(exception.getArg(tag, 0)(), 9);
});

test("a WebAssembly.Function outlives the instances that import it", () => {
  const own = new WebAssembly.Function({ parameters: [], results: ["i32"] }, () => 4);
  same(make(own).f(), 4);
  collect();
  same(own(), 4);
  same(make(own).f(), 4);
});

test("functions in tables and globals keep what their instance imports", () => {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  table.set(0, make(() => 5).f);
  const global = new WebAssembly.Global({ value: "anyfunc", mutable: true }, make(() => 6).f);
  collect();
  list([table.get(0)(), global.value()], [5, 6]);
});

test("an instance keeps those that it imports from", () => {
  const { f } = make(make(make(() => 8).f).f);
  collect();
  same(f(), 8);
});

test("what getters of the imports have made is there until the instance has it", () => {
  const exports = new WebAssembly.Instance(
    module`(module (import "m" "g" (global i32)) (import "m" "f" (func $f (result i32)))
      (func (export "f") (result i32) (i32.add (global.get 0) (call $f))))`,
    { m: {
      get g() { return new WebAssembly.Global({ value: "i32" }, 30); },
      get f() { collect(); return make(() => 12).f; },
    } },
  ).exports;
  collect();
  same(exports.f(), 42);
});

test("functions made one after the other", () => {
  for (let i = 0; i < 3000; i++) {
    const made = new WebAssembly.Function({ parameters: [], results: ["i32"] }, () => i);
    if (i % 500 === 0) same(made(), i);
  }
});

await run();
