// Sizes that a program chooses, as large as it likes: errors, nothing worse.

import { test, run, same, holds, throws, rejects, instance, module } from "../harness.mjs";

const GIB = 2 ** 30;

test("tables beyond the limit", () => {
  for (const initial of [10_000_001, 2 ** 31, 2 ** 32 - 1]) {
    throws(RangeError, () => new WebAssembly.Table({ element: "anyfunc", initial }), /limit/);
  }
  const table = new WebAssembly.Table({ element: "externref", initial: 1 });
  for (const delta of [10_000_000, 2 ** 31, 2 ** 32 - 1]) throws(RangeError, () => table.grow(delta));
  same(table.length, 1);
  throws(RangeError, () => instance("(module (table 10000001 funcref))"));
});

test("tables up to the limit", () => {
  const table = new WebAssembly.Table({ element: "externref", initial: 10_000_000 }, 7);
  same(table.length, 10_000_000);
  same(table.get(9_999_999), 7);
  throws(RangeError, () => table.grow(1));
  throws(RangeError, () => table.get(10_000_000));
});

test("a memory of 2 GiB or more has no buffer, and says so", () => {
  const memory = new WebAssembly.Memory({ initial: 32767 });
  same(memory.buffer.byteLength, 2 * GIB - 65536);
  const before = memory.buffer;
  same(memory.grow(1), 32767);
  same(before.byteLength, 0);
  throws(RangeError, () => memory.buffer, /2 GiB/);
  same(memory.grow(1), 32768);
  throws(RangeError, () => memory.buffer, /2 GiB/);
});

test("WebAssembly uses such a memory all the same", () => {
  const { memory, store, load } = instance(`(module (memory (export "memory") 40000)
    (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))`);
  store(40000 * 65536 - 4, 42);
  same(load(40000 * 65536 - 4), 42);
  throws(RangeError, () => memory.buffer, /2 GiB/);
});

// Gives `length` values, and counts how many were asked for.
function* values(length, value) {
  for (let i = 0; i < length; i++) yield value;
}

// An array that says it is longer than it is, and one whose elements come from getters.
const lies = [
  () => Object.defineProperty([1, 2], "length", { get: () => 2 ** 32 }),
  () => ({ length: 2 ** 32, 0: 1 }),
];

test("parameters of a tag", () => {
  same(new WebAssembly.Tag({ parameters: values(1000, "i32") }) instanceof WebAssembly.Tag, true);
  throws(RangeError, () => new WebAssembly.Tag({ parameters: values(1001, "i32") }), /1000/);
  throws(RangeError, () => new WebAssembly.Tag({ parameters: values(100_000, "i32") }), /1000/);
  throws(TypeError, () => new WebAssembly.Tag({ parameters: { length: 2 ** 32 } }));
});

test("values of an exception", () => {
  const tag = new WebAssembly.Tag({ parameters: ["i32", "i32"] });
  throws(TypeError, () => new WebAssembly.Exception(tag, values(100_000, 1)), /2 values, got 100000/);
  throws(TypeError, () => new WebAssembly.Exception(tag, values(1, 1)), /2 values, got 1/);
  for (const lie of lies) throws(TypeError, () => new WebAssembly.Exception(tag, lie()));
});

test("results of a function", async () => {
  const text = `(module (import "m" "f" (func $f (result i32 i32)))
    (func (export "call") (result i32) (i32.add (call $f))))`;
  const long = instance(text, { m: { f: () => values(100_000, 1) } });
  throws(TypeError, long.call, /2 results, the iterable gave 100000/);
  const late = instance(text, { m: { f: new WebAssembly.Suspending(() => values(100_000, 1)) } });
  await rejects(TypeError, WebAssembly.promising(late.call)(), /the iterable gave 100000/);
});

test("an endless iterable ends where it throws", () => {
  const tag = new WebAssembly.Tag({ parameters: ["i32"] });
  let asked = 0;
  const endless = { [Symbol.iterator]: () => ({ next: () => {
    if (++asked === 200_000) throw new Error("enough");
    return { value: 1, done: false };
  } }) };
  throws(Error, () => new WebAssembly.Exception(tag, endless), /enough/);
});

test("sections with large contents", () => {
  const content = 8 * 2 ** 20;
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0];
  const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)]);
  const head = [0, ...leb(content + 2), 1, 97];
  const binary = new Uint8Array(bytes.length + head.length + content);
  binary.set([...bytes, ...head]);
  const sections = WebAssembly.Module.customSections(new WebAssembly.Module(binary), "a");
  same(sections.length, 1);
  same(sections[0].byteLength, content);
});

test("a module's bytes come from buffers of every kind", () => {
  const binary = wat("(module)");
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).set(binary);
  const shown = [
    binary.buffer,
    new Uint8Array(memory.buffer, 0, binary.length),
    new DataView(memory.buffer, 0, binary.length),
    new Uint8Array(binary).buffer.transfer(),
  ];
  for (const bytes of shown) same(WebAssembly.validate(bytes), true);
  same(WebAssembly.validate(memory.buffer), false);
  const detached = new Uint8Array(memory.buffer, 0, binary.length);
  memory.grow(1);
  same(WebAssembly.validate(detached), false);
  throws(WebAssembly.CompileError, () => new WebAssembly.Module(detached));
});

test("getters of the imports may do anything", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const buffer = memory.buffer;
  const inner = module`(module (import "m" "g" (global i32)) (export "g" (global 0)))`;
  let depth = 0;
  const m = {
    get g() {
      memory.grow(1);
      gc();
      return ++depth < 50 ? new WebAssembly.Instance(inner, { m }).exports.g : 7;
    },
  };
  same(new WebAssembly.Instance(inner, { m }).exports.g.value, 7);
  same(buffer.byteLength, 0);
  same(memory.buffer.byteLength, 51 * 65536);
  const changing = { get f() { return Object.defineProperty(this, "f", { value: 1 }), () => 1; } };
  const twice = `(module (import "m" "f" (func)) (import "m" "f" (func)))`;
  throws(WebAssembly.LinkError, () => instance(twice, { m: changing }));
  holds(depth === 50, "each getter ran");
});

await run();
