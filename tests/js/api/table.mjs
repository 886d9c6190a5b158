import { test, run, same, list, holds, throws, instance } from "../harness.mjs";

const { one, two } = instance(`(module (func (export "one") (result i32) (i32.const 1)) (func (export "two") (result i32) (i32.const 2)))`);

test("descriptors", () => {
  same(new WebAssembly.Table({ element: "anyfunc", initial: 3 }).length, 3);
  same(new WebAssembly.Table({ element: "externref", initial: 0, maximum: 5 }).length, 0);
  for (const wrong of [undefined, null, {}, { initial: 1 }, { element: "any", initial: 1 }, { element: "anyfunc" }, { element: "anyfunc", initial: -1 }, { element: "anyfunc", initial: 2 ** 32 }, { element: "anyfunc", initial: 1, maximum: NaN }]) {
    throws(TypeError, () => new WebAssembly.Table(wrong));
  }
  throws(RangeError, () => new WebAssembly.Table({ element: "anyfunc", initial: 2, maximum: 1 }));
  throws(RangeError, () => new WebAssembly.Table({ element: "anyfunc", initial: 4_000_000_000 }));
});

test("functions", () => {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 2 });
  same(table.get(0), null);
  same(table.set(0, one), undefined);
  same(table.get(0), one);
  table.set(1, one);
  table.set(1);
  same(table.get(1), null);
  table.set(0, null);
  same(table.get(0), null);
  for (const wrong of [undefined, 1, {}, () => 1, Math.sin]) throws(TypeError, () => table.set(0, wrong));
  throws(RangeError, () => table.get(2));
  throws(RangeError, () => table.set(2, null));
  for (const wrong of [undefined, -1, NaN, 2 ** 32]) throws(TypeError, () => table.get(wrong));
});

test("values of JavaScript", () => {
  const object = {};
  const table = new WebAssembly.Table({ element: "externref", initial: 2 }, object);
  same(table.get(1), object);
  for (const value of [1, "x", undefined, null, 5n, Symbol.iterator, one, NaN]) {
    table.set(0, value);
    same(table.get(0), value);
  }
  table.set(0);
  same(table.get(0), undefined);
  same(new WebAssembly.Table({ element: "externref", initial: 1 }).get(0), undefined);
});

test("growing", () => {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1, maximum: 4 }, two);
  same(table.grow(1), 1);
  same(table.get(1), null);
  same(table.grow(1, one), 2);
  same(table.get(2), one);
  same(table.length, 3);
  throws(RangeError, () => table.grow(2));
  throws(TypeError, () => table.grow(1, 5));
  throws(TypeError, () => table.grow());
  same(table.grow(0), 3);
});

test("shared with WebAssembly", () => {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 2 });
  const { call } = instance(`(module (import "m" "t" (table 2 funcref))
    (type $f (func (result i32)))
    (func (export "call") (param i32) (result i32) (call_indirect (type $f) (local.get 0))))`, { m: { t: table } });
  table.set(1, two);
  same(call(1), 2);
  throws(WebAssembly.RuntimeError, () => call(0), /uninitialized element/);
  throws(WebAssembly.RuntimeError, () => call(2), /undefined element/);
});

await run();
