import { test, run, same, list, throws, instance } from "../harness.mjs";

const shared = (initial, maximum) => new WebAssembly.Memory({ initial, maximum, shared: true });

test("descriptors", () => {
  same(shared(1, 2).buffer.byteLength, 65536);
  same(new WebAssembly.Memory({ initial: 1, shared: false }).buffer instanceof ArrayBuffer, true);
  same(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: "yes" }).buffer instanceof SharedArrayBuffer, true);
  throws(TypeError, () => new WebAssembly.Memory({ initial: 1, shared: true }));
  throws(RangeError, () => shared(2, 1));
  const order = [];
  const descriptor = { get shared() { return order.push("shared"), true; }, get maximum() { return order.push("maximum"), 2; }, get initial() { return order.push("initial"), 1; } };
  new WebAssembly.Memory(descriptor);
  list(order, ["initial", "maximum", "shared"]);
});

test("the buffer is a SharedArrayBuffer, frozen, one until the memory grows", () => {
  const memory = shared(1, 3);
  const before = memory.buffer;
  same(before instanceof SharedArrayBuffer, true);
  same(Object.isFrozen(before), true);
  same(before.growable, false);
  same(memory.buffer, before);
  new Uint8Array(before)[65535] = 7;
  same(memory.grow(0), 1);
  same(memory.buffer, before);
  same(memory.grow(1), 1);
  const after = memory.buffer;
  same(after === before, false);
  same(before.byteLength, 65536);
  same(after.byteLength, 2 * 65536);
  new Uint8Array(after)[0] = 9;
  list([...new Uint8Array(before).subarray(0, 1), ...new Uint8Array(after).subarray(65535, 65536)], [9, 7]);
  throws(RangeError, () => memory.grow(2));
  throws(TypeError, () => before.grow(1));
});

test("a buffer that grows with the memory", () => {
  const memory = shared(1, 4);
  const before = memory.buffer;
  const buffer = memory.toResizableBuffer();
  list([buffer.growable, buffer.byteLength, buffer.maxByteLength, Object.isFrozen(buffer)], [true, 65536, 4 * 65536, true]);
  same(memory.buffer, buffer);
  same(memory.toResizableBuffer(), buffer);
  const whole = new Uint8Array(buffer);
  const part = new Uint8Array(buffer, 0, 8);
  same(memory.grow(1), 1);
  list([buffer.byteLength, whole.length, part.length, before.byteLength], [131072, 131072, 8, 65536]);
  whole[131071] = 5;
  same(buffer.grow(3 * 65536), undefined);
  list([buffer.byteLength, whole.length, whole[131071], whole[131072]], [3 * 65536, 3 * 65536, 5, 0]);
  same(memory.buffer, buffer);
  same(memory.grow(0), 3);
  buffer.grow(3 * 65536 + 0.9);
  for (const wrong of [3 * 65536 + 1, 5 * 65536, 65536, -1, NaN, undefined, Infinity]) throws(RangeError, () => buffer.grow(wrong));
  throws(TypeError, () => buffer.grow(1n));
  same(buffer.byteLength, 3 * 65536);
  const fixed = memory.toFixedLengthBuffer();
  list([fixed.growable, fixed.byteLength, memory.buffer === fixed], [false, 3 * 65536, true]);
  throws(TypeError, () => fixed.grow(4 * 65536));
  memory.grow(1);
  list([fixed.byteLength, buffer.byteLength, memory.buffer.byteLength, memory.buffer.growable], [3 * 65536, 4 * 65536, 4 * 65536, false]);
});

test("WebAssembly grows it under JavaScript's eyes", () => {
  const memory = shared(1, 3);
  const buffer = memory.toResizableBuffer();
  const words = new Int32Array(buffer);
  const seen = [];
  const { go } = instance(`(module
    (import "" "memory" (memory 1 3 shared))
    (import "" "see" (func $see))
    (func (export "go") (result i32)
      (drop (memory.grow (i32.const 1)))
      (i32.store (i32.const 65536) (i32.const 7))
      (call $see)
      (memory.grow (i32.const 1))))`, { "": { memory, see() { seen.push(buffer.byteLength, words.length, words[16384]); } } });
  same(go(), 2);
  list([...seen, buffer.byteLength, words.length, memory.buffer === buffer], [131072, 32768, 7, 3 * 65536, 49152, true]);
});

test("the length is asked for before the memory grows", () => {
  const memory = shared(1, 3);
  const buffer = memory.toResizableBuffer();
  buffer.grow({ valueOf() { memory.grow(1); return 3 * 65536; } });
  same(memory.buffer.byteLength, 3 * 65536);
  throws(RangeError, () => shared(2, 3).toResizableBuffer().grow({ valueOf: () => 65536 }));
});

test("other buffers grow as before", () => {
  throws(TypeError, () => new SharedArrayBuffer(4).grow(8));
  throws(TypeError, () => SharedArrayBuffer.prototype.grow.call(new ArrayBuffer(4, { maxByteLength: 8 }), 6));
  throws(TypeError, () => SharedArrayBuffer.prototype.grow.call(1, 6));
  same(SharedArrayBuffer.prototype.grow.length, 1);
  same(SharedArrayBuffer.prototype.grow.name, "grow");
});

test("modules import and export it, and share its bytes with JavaScript", () => {
  const memory = shared(1, 3);
  const wat = `(module
    (import "" "memory" (memory 1 3 shared))
    (export "again" (memory 0))
    (memory $own (export "own") 1 1 shared)
    (func (export "add") (param i32) (result i32)
      (i32.atomic.rmw.add (i32.const 4) (local.get 0)))
    (func (export "notify") (result i32) (memory.atomic.notify (i32.const 4) (i32.const 1)))
    (func (export "wait") (result i32)
      (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 1000000)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))`;
  const { again, own, add, notify, wait, grow } = instance(wat, { "": { memory } });
  same(again, memory);
  same(own.buffer instanceof SharedArrayBuffer, true);
  const words = new Int32Array(memory.buffer);
  same(add(5), 0);
  same(Atomics.load(words, 1), 5);
  same(Atomics.add(words, 1, 2), 5);
  same(add(0), 7);
  same(wait(), 1);
  Atomics.store(words, 1, 0);
  same(wait(), 2);
  same(notify(), 0);
  same(grow(), 1);
  same(memory.buffer.byteLength, 2 * 65536);
  same(words.length, 16384);
  for (const wrong of [new WebAssembly.Memory({ initial: 1, maximum: 3 }), shared(1, 4)]) {
    throws(WebAssembly.LinkError, () => instance(wat, { "": { memory: wrong } }));
  }
});

test("waiting at it, and at bytes of no memory", () => {
  const memory = shared(1, 1);
  for (const buffer of [memory.buffer, memory.toResizableBuffer(), new SharedArrayBuffer(16)]) {
    const words = new Int32Array(buffer);
    const wide = new BigInt64Array(buffer);
    words[1] = 7;
    list([Atomics.wait(words, 1, 7, 1), Atomics.wait(words, 1, 8), Atomics.wait(words, 1, 7, -1)], ["timed-out", "not-equal", "timed-out"]);
    list([Atomics.wait(wide, 1, 0n, 1), Atomics.wait(wide, 1, 1n), Atomics.notify(wide, 1), Atomics.notify(words, 1, 5)], ["timed-out", "not-equal", 0, 0]);
    throws(RangeError, () => Atomics.wait(words, buffer.byteLength / 4, 0, 0));
    throws(RangeError, () => Atomics.notify(words, buffer.byteLength / 4));
    throws(TypeError, () => Atomics.wait(new Int16Array(buffer), 0, 0, 0));
  }
  same(Atomics.notify(new Int32Array(4), 0), 0);
  throws(TypeError, () => Atomics.wait(new Int32Array(4), 0, 0, 0));
});

test("buffers outlive their memory", () => {
  const buffers = [], memories = [];
  const make = (i) => {
    const memory = shared(1, 2);
    const bytes = new Uint8Array(memory.buffer);
    bytes[i] = i + 1;
    memory.grow(1);
    buffers.push(bytes, new Uint8Array(memory.buffer));
    memories.push(new WeakRef(memory));
  };
  for (let i = 0; i < 50; i++) make(i);
  // More than a collection of the store waits for; others lie where theirs would have been given back.
  gc();
  const others = [];
  for (let i = 0; i < 300; i++) others.push(new Uint8Array(shared(1, 2).buffer).fill(255));
  gc();
  same(memories.filter((memory) => memory.deref()).length, 0);
  buffers.forEach((bytes, i) => same(bytes[i >> 1], (i >> 1) + 1));
  // Both show the same bytes.
  for (let i = 0; i < buffers.length; i += 2) {
    buffers[i + 1][60000] = 9;
    same(buffers[i][60000], 9);
  }
});

test("views of one can be a module's bytes, or text", () => {
  const wasm = [0, 97, 115, 109, 1, 0, 0, 0];
  const memory = shared(1, 1);
  new Uint8Array(memory.buffer).set([...wasm, 104, 105]);
  same(WebAssembly.validate(new Uint8Array(memory.buffer, 0, 8)), true);
  same(WebAssembly.validate(new DataView(memory.buffer, 0, 9)), false);
  if (globalThis.TextDecoder) same(new TextDecoder().decode(new Uint8Array(memory.buffer, 8, 2)), "hi");
});

await run();
