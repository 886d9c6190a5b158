// Checklist 26, 28, 30: where nobody can wait.
import { test, run, same, holds, throws, rejects, later, module, instance, promising, Suspending, SuspendError } from "../harness.mjs";

const text = `(module (import "m" "f" (func $f (param i32) (result i32))) (func (export "f") (param i32) (result i32) (call $f (local.get 0))))`;

test("without a promising call the function is not even called", () => {
  let called = false;
  const { f } = instance(text, { m: { f: new Suspending(() => { called = true; }) } });
  throws(SuspendError, () => f(1), /"m" "f".*promising/);
  same(called, false);
});

test("frames of JavaScript in between are named", async () => {
  let called = false;
  const inner = instance(text, { m: { f: new Suspending(() => { called = true; }) } });
  const outer = instance(`(module (import "env" "middle" (func $f (param i32) (result i32))) (func (export "start") (param i32) (result i32) (call $f (local.get 0))))`, {
    env: { middle: function bridge(x) { return inner.f(x); } },
  });
  await rejects(SuspendError, promising(outer.start)(1), /bridge.*"env" "middle".*start/);
  same(called, false);
});

test("a promising call inside JavaScript of another one has its own barrier", async () => {
  const inner = instance(text, { m: { f: new Suspending((x) => later().then(() => x + 1)) } });
  const outer = instance(text, { m: { f: new Suspending((x) => promising(inner.f)(x)) } });
  same(await promising(outer.f)(1), 2);
  const wrong = instance(text, { m: { f: new Suspending(() => inner.f(1)) } });
  await rejects(SuspendError, promising(wrong.f)(1));
});

test("a barrier appears and goes with the frames", async () => {
  let through = "direct";
  const log = [];
  const made = instance(`(module (import "m" "wait" (func $wait (result i32))) (import "m" "js" (func $js))
    (func (export "wait") (result i32) (call $wait))
    (func (export "f") (result i32) (drop (call $wait)) (call $js) (call $wait)))`, {
    m: { wait: new Suspending(() => later().then(() => 5)), js() { try { made.wait(); } catch (error) { log.push(error); } } },
  });
  same(await promising(made.f)(), 5);
  holds(log.length === 1 && log[0] instanceof SuspendError);
});

test("start functions cannot wait", async () => {
  const f = new Suspending(async () => {});
  throws(SuspendError, () => new WebAssembly.Instance(module`(module (import "m" "f" (func $f)) (func $s (call $f)) (start $s))`, { m: { f } }));
  throws(SuspendError, () => new WebAssembly.Instance(module`(module (import "m" "f" (func $f)) (start $f))`, { m: { f } }));
  await rejects(SuspendError, WebAssembly.instantiate(module`(module (import "m" "f" (func $f)) (start $f))`, { m: { f } }));
  let ran = 0;
  new WebAssembly.Instance(module`(module (import "m" "f" (func)) (import "m" "g" (func $g)) (start $g))`, { m: { f, g: () => ran++ } });
  same(ran, 1);
});

await run();
