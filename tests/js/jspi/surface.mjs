// Checklist 1-6: the words of the interface.
import { test, run, same, holds, throws, rejects, instance, promising, Suspending, SuspendError } from "../harness.mjs";

const { f } = instance(`(module (func (export "f") (param i32) (result i32) (local.get 0)))`);

test("promising takes exported functions only", () => {
  const asm = new Function("'use asm'; function f(x) { x = x | 0; return x | 0; } return { f };")().f;
  same(asm(7), 7);
  for (const wrong of [undefined, null, 1, {}, asm, () => 1, Math.sin, promising(f), f.bind(null), new Proxy(f, {})]) throws(TypeError, () => promising(wrong));
});

test("promising gives a new plain function", () => {
  const first = promising(f);
  holds(first !== promising(f));
  same(first.length, 1);
  same(first.name, "");
  same(Object.getPrototypeOf(first), Function.prototype);
  throws(TypeError, () => new first(1));
  holds(!Object.hasOwn(first, "prototype"));
});

test("Suspending needs new and a callable", () => {
  throws(TypeError, () => Suspending(() => 1));
  for (const wrong of [undefined, null, 1, {}, "f"]) throws(TypeError, () => new Suspending(wrong));
  new Suspending(new Proxy(() => 1, {}));
  new Suspending(f);
  new Suspending(promising(f));
  new Suspending(class {});
});

test("Suspending objects are plain", () => {
  const made = new Suspending(() => 1);
  same(typeof made, "object");
  same(String(made), "[object WebAssembly.Suspending]");
  throws(TypeError, () => made());
  same(Object.keys(made).length, 0);
  class Mine extends Suspending {}
  holds(new Mine(() => 1) instanceof Mine);
});

test("the number of parameters does not matter", async () => {
  let got;
  const { g } = instance(`(module (import "m" "f" (func $f (param i32 i32) (result i32))) (func (export "g") (result i32) (call $f (i32.const 1) (i32.const 2))))`, {
    m: { f: new Suspending((...args) => ((got = args.length), Promise.resolve(args[0]))) },
  });
  same(await promising(g)(), 1);
  same(got, 2);
});

test("SuspendError", () => {
  same(Object.getPrototypeOf(SuspendError.prototype), Error.prototype);
  holds(!(new SuspendError("x") instanceof WebAssembly.RuntimeError));
  same(new SuspendError("x").name, "SuspendError");
  same(new SuspendError("x").message, "x");
  same(Object.getPrototypeOf(SuspendError), Error);
});

test("a Suspending is no function for imports of other kinds", () => {
  throws(WebAssembly.LinkError, () => instance(`(module (import "m" "f" (global i32)))`, { m: { f: new Suspending(() => 1) } }));
});

test("the function is read when imports are read, whatever the object looks like then", async () => {
  const text = `(module (import "m" "f" (func $f (param i32) (result i32))) (func (export "g") (param i32) (result i32) (call $f (local.get 0))))`;
  const made = new (class extends Suspending {})(async (x) => x + 1);
  Object.setPrototypeOf(made, null);
  const imports = { m: { f: Object.freeze(made) } };
  const { g } = instance(text, imports);
  imports.m.f = () => 0;
  same(await promising(g)(1), 2);
  const proxy = new Proxy(async (x) => x, { apply: (target, self, [x]) => target(x * 10) });
  same(await promising(instance(text, { m: { f: new Suspending(proxy) } }).g)(2), 20);
  // What only looks like one is no function.
  for (const wrong of [Object.create(Suspending.prototype), new Proxy(made, {})]) throws(WebAssembly.LinkError, () => instance(text, { m: { f: wrong } }));
});

test("a Suspending of an exported function calls it as JavaScript would", async () => {
  const text = `(module (import "m" "f" (func $f (param i32) (result i32))) (func (export "g") (param i32) (result i32) (call $f (local.get 0))))`;
  const outer = (inner) => promising(instance(text, { m: { f: new Suspending(inner) } }).g);
  same(await outer(f)(3), 3);
  const waits = instance(text, { m: { f: new Suspending(async (x) => x) } }).g;
  await rejects(SuspendError, outer(waits)(3));
  same(await outer(promising(waits))(4), 4);
});

await run();
