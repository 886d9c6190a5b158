import { test, run, same, throws, instance } from "../harness.mjs";

// No vector reaches JavaScript, or comes from it.
const TEXT = `(module
  (import "m" "take" (func $take (param v128)))
  (import "m" "give" (func $give (result i32 v128)))
  (tag $t (export "t") (param i32 v128))
  (global (export "g") (mut v128) (v128.const i32x4 1 2 3 4))
  (func (export "takes") (param v128))
  (func (export "gives") (result v128) (v128.const i32x4 1 2 3 4))
  (func (export "calls take") (call $take (v128.const i32x4 1 2 3 4)))
  (func (export "calls give") (result i32) (call $give) (i32x4.extract_lane 1) (i32.add))
  (func (export "throws") (throw $t (i32.const 5) (v128.const i32x4 1 2 3 4)))
  (func (export "inside") (result i32) (local v128)
    (i32x4.extract_lane 3 (i32x4.add (v128.const i32x4 1 2 3 4) (i32x4.splat (i32.const 10))))))`;

let called = 0;
const exports = instance(TEXT, {
  m: { take: () => called++, give: () => (called++, [1, 2]) },
});

test("calls", () => {
  same(exports.inside(), 14);
  let converted = 0;
  throws(TypeError, () => exports.takes({ valueOf: () => converted++ }));
  throws(TypeError, () => exports.takes());
  throws(TypeError, () => exports.gives());
  throws(TypeError, () => exports["calls take"]());
  throws(TypeError, () => exports["calls give"]());
  same(converted, 0);
  same(called, 0);
});

test("globals", () => {
  throws(TypeError, () => exports.g.value);
  throws(TypeError, () => exports.g.valueOf());
  throws(TypeError, () => (exports.g.value = 1));
  throws(TypeError, () => new WebAssembly.Global({ value: "v128" }));
  throws(TypeError, () => new WebAssembly.Global({ value: "v128", mutable: true }, undefined));
  throws(TypeError, () => new WebAssembly.Global({ value: "v128" }, 0));
});

test("imported globals", () => {
  const text = `(module (global (import "m" "g") (mut v128))
    (func (export "lane") (result i32) (i32x4.extract_lane 2 (global.get 0)))
    (func (export "set") (global.set 0 (v128.const i32x4 5 6 7 8))))`;
  const other = instance(text, { m: { g: exports.g } });
  same(other.lane(), 3);
  other.set();
  same(other.lane(), 7);
  const constant = text.replace("(mut v128)", "v128").replace("(global.set 0 (v128.const i32x4 5 6 7 8))", "");
  for (const value of [1, 1n, null, undefined, {}, "v128"]) {
    throws(WebAssembly.LinkError, () => instance(constant, { m: { g: value } }));
  }
});

test("exceptions", () => {
  const tag = new WebAssembly.Tag({ parameters: ["v128"] });
  throws(TypeError, () => new WebAssembly.Exception(tag, [0]));
  throws(TypeError, () => new WebAssembly.Exception(exports.t, [1, 0]));
  let caught;
  try {
    exports.throws();
  } catch (error) {
    caught = error;
  }
  same(caught.is(exports.t), true);
  same(caught.getArg(exports.t, 0), 5);
  throws(TypeError, () => caught.getArg(exports.t, 1));
});

test("promises", async () => {
  const waiting = instance(TEXT, {
    m: { take: new WebAssembly.Suspending(async () => {}), give: new WebAssembly.Suspending(async () => [1, 2]) },
  });
  for (const name of ["calls take", "calls give"]) {
    let thrown;
    await WebAssembly.promising(waiting[name])().catch((error) => (thrown = error));
    same(thrown instanceof TypeError, true, name);
  }
});

await run();
