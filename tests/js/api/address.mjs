import { test, run, same, list, throws, instance } from "../harness.mjs";

const memory64 = (initial, maximum) => new WebAssembly.Memory({ address: "i64", initial, maximum });
const table64 = (initial, maximum) => new WebAssembly.Table({ element: "anyfunc", address: "i64", initial, maximum });
const { one } = instance(`(module (func (export "one") (result i32) (i32.const 1)))`);

test("memories with 64-bit positions", () => {
  const memory = memory64(1n, 3n);
  same(memory.buffer.byteLength, 65536);
  same(memory.grow(1n), 1n);
  same(memory.buffer.byteLength, 2 * 65536);
  same(memory.grow(0n), 2n);
  throws(RangeError, () => memory.grow(2n));
  throws(RangeError, () => memory.grow(2n ** 64n - 1n));
  for (const wrong of [undefined, null, 1, -1n, 2n ** 64n, -(2n ** 64n), 2n ** 100n, 1.5, {}, Symbol.iterator]) {
    throws(wrong?.constructor === Object ? SyntaxError : TypeError, () => memory.grow(wrong));
  }
  same(memory.grow({ valueOf: () => 1n }), 2n);
  same(memory64("3").buffer.byteLength, 3 * 65536);
  same(memory64(true).buffer.byteLength, 65536);
});

test("what is no position is named", () => {
  const wide = / must be a BigInt from 0 to 18446744073709551615$/;
  for (const wrong of [undefined, null, 1, 1.5, NaN, Infinity, Symbol("1"), -1n, 2n ** 64n]) {
    if (wrong !== undefined) throws(TypeError, () => memory64(wrong), new RegExp("initial" + wide.source));
    if (wrong !== undefined) throws(TypeError, () => table64(0n, wrong), new RegExp("maximum" + wide.source));
    throws(TypeError, () => memory64(1n).grow(wrong), new RegExp("delta" + wide.source));
    throws(TypeError, () => table64(1n).get(wrong), new RegExp("index" + wide.source));
  }
  for (const wrong of [1n, Symbol("1"), -1, NaN]) {
    throws(TypeError, () => new WebAssembly.Memory({ initial: wrong }), /^initial must be a number from 0 to 4294967295$/);
  }
  throws(TypeError, () => memory64({ valueOf: () => 1 }));
  throws(EvalError, () => memory64({ valueOf: () => { throw new EvalError("mine"); } }), /^mine$/);
});

test("sizes of memories", () => {
  for (const wrong of [undefined, null, 1, -1n, 2n ** 64n, 2n ** 1000n]) throws(TypeError, () => memory64(wrong));
  for (const wrong of [1, -1n, 2n ** 64n]) throws(TypeError, () => memory64(0n, wrong));
  throws(RangeError, () => memory64(10n, 9n));
  throws(RangeError, () => memory64(2n ** 37n));
  throws(RangeError, () => memory64(0n, 2n ** 37n));
  throws(RangeError, () => memory64(2n ** 37n - 1n));
  throws(RangeError, () => memory64(2n ** 64n - 1n));
  same(memory64(0n, 2n ** 37n - 1n).buffer.byteLength, 0);
  for (const address of ["i32", undefined]) {
    same(new WebAssembly.Memory({ address, initial: 1 }).grow(0), 1);
    throws(TypeError, () => new WebAssembly.Memory({ address, initial: 1n }));
  }
  for (const address of ["none", null, "", "I64", 64, {}]) {
    throws(TypeError, () => new WebAssembly.Memory({ address, initial: 1 }));
    throws(TypeError, () => new WebAssembly.Table({ element: "anyfunc", address, initial: 1 }));
  }
});

test("tables with 64-bit positions", () => {
  const table = table64(2n, 5n);
  same(table.length, 2n);
  same(table.get(1n), null);
  same(table.set(1n, one), undefined);
  same(table.get("1"), one);
  same(table.grow(1n), 2n);
  same(table.grow(1n, one), 3n);
  same(table.get(3n), one);
  same(table.length, 4n);
  throws(RangeError, () => table.grow(2n));
  throws(RangeError, () => table.get(4n));
  throws(RangeError, () => table.set(2n ** 64n - 1n, null));
  throws(RangeError, () => table.get(2n ** 32n));
  for (const wrong of [undefined, 1, -1n, 2n ** 64n, "0x10000000000000000"]) {
    throws(TypeError, () => table.get(wrong));
    throws(TypeError, () => table.set(wrong, null));
    throws(TypeError, () => table.grow(wrong));
  }
  throws(TypeError, () => table64(1));
  throws(TypeError, () => table64(2n ** 64n));
  throws(RangeError, () => table64(2n ** 64n - 1n));
  throws(RangeError, () => table64(2n, 1n));
  same(table64(0n, 2n ** 64n - 1n).length, 0n);
});

/** A descriptor that notes what is read of it, and when it is converted. */
function noting(order, members) {
  const descriptor = {};
  for (const [name, value] of Object.entries(members)) {
    const convert = () => (order.push(`${name} value`), value);
    const noted = typeof value === "string" ? { toString: convert } : { valueOf: convert };
    Object.defineProperty(descriptor, name, { get: () => (order.push(name), noted) });
  }
  return descriptor;
}

test("the order in which a descriptor is read", () => {
  for (const [address, size] of [["i32", 1], ["i64", 1n]]) {
    let order = [];
    new WebAssembly.Memory(noting(order, { shared: false, maximum: size, initial: size, address }));
    list(order, ["address", "address value", "initial", "initial value", "maximum", "maximum value", "shared"]);
    order = [];
    new WebAssembly.Table(noting(order, { maximum: size, initial: size, element: "anyfunc", address }));
    list(order, ["element", "element value", "address", "address value", "initial", "initial value", "maximum", "maximum value"]);
  }
});

test("exports keep their positions", () => {
  const exports = instance(`(module (memory (export "memory") i64 1 2) (table (export "table") i64 1 2 funcref)
    (memory (export "second") 1)
    (func (export "put") (param i64 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))`);
  same(exports.table.length, 1n);
  same(exports.grow(1n), 1n);
  same(exports.grow(-1n), -1n);
  exports.put(65536n, 7);
  same(new Uint8Array(exports.memory.buffer)[65536], 7);
  same(exports.memory.grow(0n), 2n);
  same(exports.second.grow(1), 1);
  throws(WebAssembly.RuntimeError, () => exports.put(2n ** 32n, 7), /out of bounds memory access/);
  throws(WebAssembly.LinkError, () => instance(`(module (import "m" "m" (memory 1)))`, { m: { m: exports.memory } }), /64-bit memory/);
  throws(WebAssembly.LinkError, () => instance(`(module (import "m" "t" (table i64 1 funcref)))`, { m: { t: new WebAssembly.Table({ element: "anyfunc", initial: 1 }) } }), /64-bit table/);
  const { get } = instance(`(module (import "m" "m" (memory i64 1)) (func (export "get") (param i64) (result i32) (i32.load8_u (local.get 0))))`, { m: { m: exports.memory } });
  same(get(65536n), 7);
});

test("what a program does to BigInt makes no difference", () => {
  const { asIntN } = BigInt;
  BigInt.asIntN = () => 0n;
  try {
    same(memory64(2n).grow(0n), 2n);
  } finally {
    BigInt.asIntN = asIntN;
  }
});

test("an element that is undefined was not given", () => {
  same(new WebAssembly.Table({ element: "anyfunc", initial: 1 }, undefined).get(0), null);
  same(new WebAssembly.Table({ element: "externref", initial: 1 }, undefined).get(0), undefined);
});

await run();
