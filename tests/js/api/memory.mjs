import { test, run, same, list, holds, throws, instance } from "../harness.mjs";

test("descriptors", () => {
  same(new WebAssembly.Memory({ initial: 0 }).buffer.byteLength, 0);
  same(new WebAssembly.Memory({ initial: 4, maximum: 4 }).buffer.byteLength, 4 * 65536);
  same(new WebAssembly.Memory({ initial: { valueOf: () => 1.9 } }).buffer.byteLength, 65536);
  for (const wrong of [undefined, null, 1, "", {}, { initial: undefined }, { initial: -1 }, { initial: NaN }, { initial: "abc" }, { initial: Infinity }, { initial: 2 ** 32 }, { initial: 0, maximum: -1 }, { initial: 1n }, { initial: 1, shared: true }]) {
    throws(TypeError, () => new WebAssembly.Memory(wrong));
  }
  throws(RangeError, () => new WebAssembly.Memory({ initial: 2, maximum: 1 }));
  throws(RangeError, () => new WebAssembly.Memory({ initial: 65537 }));
  const order = [];
  const descriptor = { get initial() { return order.push("initial"), 1; }, get maximum() { return order.push("maximum"), 2; } };
  new WebAssembly.Memory(descriptor);
  list(order, ["initial", "maximum"]);
});

test("the buffer is one object until the memory grows", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
  const before = memory.buffer;
  same(memory.buffer, before);
  new Uint8Array(before)[65535] = 7;
  same(memory.grow(1), 1);
  same(before.byteLength, 0);
  same(before.detached, true);
  same(memory.buffer.byteLength, 2 * 65536);
  same(new Uint8Array(memory.buffer)[65535], 7);
  same(memory.grow(0), 2);
  throws(RangeError, () => memory.grow(2));
  same(memory.grow(1), 2);
  for (const wrong of [undefined, -1, NaN, {}, 2 ** 32]) throws(TypeError, () => memory.grow(wrong));
});

test("growing by nothing detaches too", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const before = memory.buffer;
  same(memory.grow(0), 1);
  same(before.byteLength, 0);
  same(memory.buffer.byteLength, 65536);
});

const grower = `(module (import "m" "seen" (func $seen)) (memory (export "memory") 1 10)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "growAndTell") (drop (memory.grow (i32.const 1))) (call $seen)))`;

test("memory.grow detaches, and imports see it", () => {
  let lengths = [];
  let view;
  const { memory, grow, growAndTell } = instance(grower, { m: { seen: () => lengths.push(view.length, memory.buffer.byteLength) } });
  view = new Uint8Array(memory.buffer);
  same(grow(2), 1);
  same(view.length, 0);
  view = new Uint8Array(memory.buffer);
  same(view.length, 3 * 65536);
  growAndTell();
  list(lengths, [0, 4 * 65536]);
  same(grow(100), -1);
});

test("a program cannot take the buffer away", () => {
  const { memory } = instance(grower, { m: { seen() {} } });
  const buffer = memory.buffer;
  throws(TypeError, () => buffer.transfer());
  throws(TypeError, () => buffer.transfer(10));
  throws(TypeError, () => ArrayBuffer.prototype.transferToFixedLength.call(buffer));
  throws(TypeError, () => buffer.transferToImmutable());
  throws(TypeError, () => structuredClone(buffer, { transfer: [buffer] }));
  throws(TypeError, () => buffer.resize(1));
  same(buffer.byteLength, 65536);
  same(new ArrayBuffer(8).transfer(16).byteLength, 16);
});

test("writes go both ways", () => {
  const { memory, load, store } = instance(`(module (memory (export "memory") 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1))))`);
  const view = new DataView(memory.buffer);
  view.setInt32(100, -5, true);
  same(load(100), -5);
  store(200, 77);
  same(view.getInt32(200, true), 77);
});

test("one object per memory", () => {
  const first = instance(`(module (memory (export "a") 1) (export "b" (memory 0)))`);
  same(first.a, first.b);
  const mine = new WebAssembly.Memory({ initial: 1 });
  same(instance(`(module (import "" "m" (memory 1)) (export "m" (memory 0)))`, { "": { m: mine } }).m, mine);
});

test("a buffer outlives the names that led to it", () => {
  let buffer = instance(`(module (memory (export "memory") 1) (data (i32.const 0) "abc"))`).memory.buffer;
  globalThis.gc();
  list([...new Uint8Array(buffer, 0, 3)], [97, 98, 99]);
});

await run();
