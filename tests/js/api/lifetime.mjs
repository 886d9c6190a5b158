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

test("what was set on a function that a table gives", () => {
  const { table } = instance(`(module (memory 1) (table (export "table") 2 funcref)
    (elem (i32.const 0) $f $f) (func $f (result i32) (i32.const 5)))`);
  table.get(0).mine = "set";
  const seen = new WeakSet([table.get(1)]);
  collect();
  same(table.get(0).mine, "set");
  list([seen.has(table.get(0)), table.get(0) === table.get(1), table.get(1)()], [true, true, 5]);
});

test("functions made one after the other", () => {
  for (let i = 0; i < 3000; i++) {
    const made = new WebAssembly.Function({ parameters: [], results: ["i32"] }, () => i);
    if (i % 500 === 0) same(made(), i);
  }
});

const growing = `(module (memory (export "m") 1 9) (func (export "at") (param i32) (result i32)
    (i32.load8_u (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))`;

test("a view keeps the memory that nobody else has", () => {
  let view;
  {
    const { m, at } = instance(growing);
    view = new Uint8Array(m.buffer, 8, 2);
    view[1] = 7;
    same(at(9), 7);
  }
  collect();
  list([view[0], view[1], view.length, view.buffer.byteLength], [0, 7, 2, 65536]);
  view.fill(3);
  same(view.buffer.constructor, ArrayBuffer);
});

test("a view is detached by growth, whoever has the memory", () => {
  let views, grow;
  {
    const exports = instance(growing);
    grow = exports.grow;
    views = [new Uint8Array(exports.m.buffer), new DataView(exports.m.buffer)];
  }
  collect();
  same(views[0].length, 65536);
  same(grow(), 1);
  same(views[0].length, 0);
  let error;
  try { views[1].getInt8(0); } catch (thrown) { error = thrown; }
  same(error instanceof TypeError, true);
});

test("a buffer that can be resized follows the memory that only functions have", () => {
  let buffer, grow, at;
  {
    const exports = instance(growing);
    ({ grow, at } = exports);
    buffer = exports.m.toResizableBuffer();
  }
  collect();
  const view = new Uint8Array(buffer);
  same(grow(), 1);
  list([buffer.byteLength, view.length], [131072, 131072]);
  view[131071] = 5;
  same(at(131071), 5);
  buffer.resize(196608);
  list([view.length, grow()], [196608, 3]);
});

test("the buffer of a memory is the same one, with what was set on it", () => {
  for (const type of [{ initial: 1 }, { initial: 1, maximum: 2, shared: true }]) {
    const memory = new WebAssembly.Memory(type);
    const list = new WeakSet([memory.buffer]);
    if (!type.shared) memory.buffer.name = "mine";
    collect();
    same(list.has(memory.buffer), true);
    same(memory.buffer.name, type.shared ? undefined : "mine");
    memory.grow(1);
    same(list.has(memory.buffer), false);
  }
});

test("a buffer of a shared memory keeps it", () => {
  let buffer;
  {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    buffer = memory.buffer;
    new Int32Array(buffer)[3] = 9;
  }
  collect();
  same(new Int32Array(buffer)[3], 9);
});

test("what leads back to a memory from its buffer", () => {
  const made = [];
  const make = () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const buffers = [memory.buffer];
    memory.buffer.memory = memory;
    memory.grow(1);
    memory.buffer.memory = memory;
    buffers.push(memory.buffer);
    made.push(...[memory, ...buffers].map((object) => new WeakRef(object)));
  };
  for (let i = 0; i < 1000; i++) make();
  const there = () => made.filter((object) => object.deref()).length;
  collect();
  same(there(), 0);
});

test("functions of JavaScript that an instance passes on outlive it in a table", () => {
  const passes = module`(module (import "e" "f" (func $f (result i32))) (export "f" (func $f)))`;
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 100 });
  const put = (from, to) => {
    for (let i = from; i < to; i++) {
      table.set(i, new WebAssembly.Instance(passes, { e: { f: () => i } }).exports.f);
    }
  };
  put(0, 40);
  collect();
  put(40, 100);
  collect();
  for (let i = 0; i < 100; i++) same(table.get(i)(), i);
});

await run();
