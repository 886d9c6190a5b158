import { test, run, same, list, holds, throws, instance } from "../harness.mjs";

test("descriptors", () => {
  for (const wrong of [undefined, null, 1, {}, { value: "i16" }, { value: "v128" }, { mutable: true }]) throws(TypeError, () => new WebAssembly.Global(wrong));
  const order = [];
  new WebAssembly.Global({ get value() { return order.push("value"), "i32"; }, get mutable() { return order.push("mutable"), 1; } });
  list(order, ["mutable", "value"]);
});

test("defaults", () => {
  same(new WebAssembly.Global({ value: "i32" }).value, 0);
  same(new WebAssembly.Global({ value: "i64" }).value, 0n);
  same(new WebAssembly.Global({ value: "f32" }).value, 0);
  same(new WebAssembly.Global({ value: "f64" }, undefined).value, 0);
  same(new WebAssembly.Global({ value: "externref" }).value, undefined);
  same(new WebAssembly.Global({ value: "externref" }, null).value, null);
  same(new WebAssembly.Global({ value: "anyfunc" }).value, null);
});

test("conversions", () => {
  same(new WebAssembly.Global({ value: "i32" }, 2 ** 32 + 5).value, 5);
  same(new WebAssembly.Global({ value: "i32" }, "7").value, 7);
  same(new WebAssembly.Global({ value: "i64" }, 2n ** 64n - 1n).value, -1n);
  same(new WebAssembly.Global({ value: "f32" }, 0.1).value, Math.fround(0.1));
  same(new WebAssembly.Global({ value: "f64" }, -0).value, -0);
  throws(TypeError, () => new WebAssembly.Global({ value: "i64" }, 5));
  throws(TypeError, () => new WebAssembly.Global({ value: "i32" }, 5n));
  throws(TypeError, () => new WebAssembly.Global({ value: "i32" }, Symbol()));
  throws(TypeError, () => new WebAssembly.Global({ value: "anyfunc" }, () => 1));
});

test("setting", () => {
  const global = new WebAssembly.Global({ value: "i32", mutable: true }, 1);
  same((global.value = 9.7), 9.7);
  same(global.value, 9);
  same(global.valueOf(), 9);
  same(global + 1, 10);
  throws(TypeError, () => (new WebAssembly.Global({ value: "i32" }).value = 1));
  const { set } = Object.getOwnPropertyDescriptor(WebAssembly.Global.prototype, "value");
  throws(TypeError, () => set.call(global));
  const thrown = {};
  throws(thrown, () => (global.value = { valueOf() { throw thrown; } }));
  same(global.value, 9);
});

test("shared with WebAssembly", () => {
  const counter = new WebAssembly.Global({ value: "i64", mutable: true }, 5n);
  const { next, fixed } = instance(`(module (import "m" "g" (global $g (mut i64))) (global (export "fixed") i32 (i32.const 3))
    (func (export "next") (global.set $g (i64.add (global.get $g) (i64.const 1)))))`, { m: { g: counter } });
  next();
  same(counter.value, 6n);
  same(fixed.value, 3);
  throws(TypeError, () => (fixed.value = 1));
});

await run();
