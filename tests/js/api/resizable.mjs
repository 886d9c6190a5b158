// Buffers of memories that can be resized.
import { test, run, same, list, holds, throws, instance } from "../harness.mjs";

const PAGE = 65536;

test("one buffer at a time, of either kind", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
  const fixed = memory.buffer;
  same(fixed.resizable, false);
  same(memory.toFixedLengthBuffer(), fixed);
  const resizable = memory.toResizableBuffer();
  holds(resizable.resizable);
  same(fixed.detached, true);
  same(resizable.maxByteLength, 4 * PAGE);
  same(memory.buffer, resizable);
  same(memory.toResizableBuffer(), resizable);
  const again = memory.toFixedLengthBuffer();
  same(resizable.detached, true);
  same(again.byteLength, PAGE);
  same(memory.buffer, again);
});

test("what WebAssembly writes into pages that it has just added stays", () => {
  let seen;
  const { memory, go, at } = instance(`(module (import "m" "look" (func $look))
    (memory (export "memory") 1 9)
    (func (export "go") (param $calls i32) (local $end i32)
      (local.set $end (i32.mul (memory.grow (i32.const 2)) (i32.const 65536)))
      (i32.store (local.get $end) (i32.const 7))
      (i32.store offset=131068 (local.get $end) (i32.const 8))
      (if (local.get $calls) (then (call $look))))
    (func (export "at") (param i32) (result i32) (i32.load (local.get 0))))`, {
    m: { look() { seen = new Int32Array(memory.buffer)[3 * PAGE / 4]; } },
  });
  const buffer = memory.toResizableBuffer();
  go(0);
  list([at(PAGE), at(3 * PAGE - 4), at(PAGE + 4), buffer.byteLength], [7, 8, 0, 3 * PAGE]);
  same(new Int32Array(buffer)[PAGE / 4], 7);
  go(1);
  list([seen, at(3 * PAGE), at(5 * PAGE - 4), at(PAGE)], [7, 7, 8, 7]);
});

test("it grows with the memory, and the memory with it", () => {
  const { memory, grow, load, store } = instance(`(module (memory (export "memory") 1 5)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))`);
  const buffer = memory.toResizableBuffer();
  const bytes = new Uint8Array(buffer);
  const part = new Uint8Array(buffer, 8, 4);
  store(9, 77);
  buffer.resize(2 * PAGE);
  same(buffer.byteLength, 2 * PAGE);
  same(bytes.length, 2 * PAGE);
  same(memory.grow(1), 2);
  same(bytes.length, 3 * PAGE);
  same(grow(1), 3);
  same(buffer.byteLength, 4 * PAGE);
  same(memory.buffer, buffer);
  same(part[1], 77);
  bytes[4 * PAGE - 1] = 5;
  same(load(4 * PAGE - 1), 5);
  buffer.resize(4 * PAGE);
  same(load(9), 77);
  same(grow(0), 4);
  same(memory.buffer, buffer);
  same(grow(2), -1);
  same(buffer.byteLength, 4 * PAGE);
});

test("by whole pages, and never smaller", () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 4 });
  const buffer = memory.toResizableBuffer();
  for (const length of [PAGE, 0, 3 * PAGE - 1, 2 * PAGE + 1, 5 * PAGE, -1, Infinity, NaN, undefined]) {
    throws(RangeError, () => buffer.resize(length));
  }
  same(buffer.byteLength, 2 * PAGE);
  buffer.resize({ valueOf: () => 3 * PAGE });
  same(buffer.byteLength, 3 * PAGE);
  throws(TypeError, () => buffer.resize({ valueOf: () => (memory.toFixedLengthBuffer(), 4 * PAGE) }));
  for (const name of ["transfer", "transferToFixedLength"]) throws(TypeError, () => memory.toResizableBuffer()[name]());
});

test("a memory without a maximum, and buffers that are of no memory", () => {
  const memory = new WebAssembly.Memory({ initial: 0 });
  const buffer = memory.toResizableBuffer();
  same(buffer.byteLength, 0);
  buffer.resize(PAGE);
  same(memory.grow(1), 1);
  same(buffer.byteLength, 2 * PAGE);
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  same(shared.toFixedLengthBuffer(), shared.buffer);
  throws(TypeError, () => ArrayBuffer.prototype.resize.call(shared.toResizableBuffer(), PAGE));
  throws(TypeError, () => new WebAssembly.Memory({ initial: 1 }).buffer.resize(PAGE));
  const own = new ArrayBuffer(4, { maxByteLength: 8 });
  own.resize(7);
  same(own.byteLength, 7);
  throws(RangeError, () => own.resize(9));
  throws(TypeError, () => new ArrayBuffer(4).resize(2));
  throws(TypeError, () => ArrayBuffer.prototype.resize.call({}, 2));
  same(ArrayBuffer.prototype.resize.length, 1);
});

test("a memory that can have no bytes", () => {
  for (const type of [{ initial: 0, maximum: 0 }, { initial: 0, maximum: 0, shared: true }]) {
    const memory = new WebAssembly.Memory(type);
    const buffer = memory.toResizableBuffer();
    list([buffer.byteLength, buffer.maxByteLength, type.shared ? buffer.growable : buffer.resizable], [0, 0, true]);
    same(memory.toResizableBuffer(), buffer);
    same(memory.buffer, buffer);
    same(Object.isFrozen(buffer), !!type.shared);
    same(memory.grow(0), 0);
    same(memory.buffer, buffer);
    throws(RangeError, () => memory.grow(1));
    throws(RangeError, () => (type.shared ? buffer.grow(PAGE) : buffer.resize(PAGE)));
    type.shared ? buffer.grow(0) : buffer.resize(0);
    const fixed = memory.toFixedLengthBuffer();
    same(fixed === buffer, false);
    if (!type.shared) same(buffer.detached, true);
    same(fixed.byteLength, 0);
  }
});

await run();
