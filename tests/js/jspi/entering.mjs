// Checklist 7-14: promising calls.
import { test, run, same, list, holds, throws, rejects, later, instance, promising, Suspending } from "../harness.mjs";

const waits = (text, f) => instance(text, { m: { f: new Suspending(f) } });

test("WebAssembly is entered before the wrapper returns", async () => {
  let entered = false;
  const { f } = instance(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, { m: { f: () => void (entered = true) } });
  const result = promising(f)();
  same(entered, true);
  holds(result instanceof Promise);
  same(await result, undefined);
});

test("results", async () => {
  const e = instance(`(module
    (func (export "none")) (func (export "one") (result i32) (i32.const 7)) (func (export "big") (result i64) (i64.const 8))
    (func (export "many") (result i32 i64 f64) (i32.const 1) (i64.const 2) (f64.const 0.5))
    (func (export "extern") (param externref) (result externref) (local.get 0)))`);
  same(await promising(e.none)(), undefined);
  same(await promising(e.one)(), 7);
  same(await promising(e.big)(), 8n);
  const many = await promising(e.many)();
  holds(Array.isArray(many));
  list(many, [1, 2n, 0.5]);
  const object = {};
  same(await promising(e.extern)(object), object);
  same(await promising(e.extern)({ then: (resolve) => resolve("adopted") }), "adopted");
});

test("the same results after a suspension", async () => {
  const many = waits(`(module (import "m" "f" (func $f (result i32))) (func (export "f") (result i32 i64 f64) (call $f) (i64.const 2) (f64.const 0.5)))`, async () => 1).f;
  list(await promising(many)(), [1, 2n, 0.5]);
  const none = waits(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, async () => 1).f;
  same(await promising(none)(), undefined);
});

test("a trap before or after a suspension rejects", async () => {
  const trap = waits(`(module (import "m" "f" (func $f (result i32))) (func (export "before") (unreachable)) (func $after (export "after") (drop (call $f)) (unreachable)))`, async () => 1);
  await rejects(WebAssembly.RuntimeError, promising(trap.before)(), /unreachable/);
  const error = await rejects(WebAssembly.RuntimeError, promising(trap.after)(), /unreachable/);
  holds(/at after \(wasm-function\[2\]:0x/.test(error.stack), error.stack);
});

test("arguments are converted as for any export, and failures reject", async () => {
  const { f } = instance(`(module (func (export "f") (param i32 i64) (result i32) (i32.add (local.get 0) (i32.wrap_i64 (local.get 1)))))`);
  same(await promising(f)("40", { valueOf: () => 2n }, "extra"), 42);
  await rejects(TypeError, promising(f)(1, 2));
  await rejects(TypeError, promising(f)(1));
  const { missing } = instance(`(module (func (export "missing") (param i32 externref) (result i32 externref) (local.get 0) (local.get 1)))`);
  list(await promising(missing)(), [0, undefined]);
  const order = [];
  const thrown = {};
  await rejects(thrown, promising(f)({ valueOf: () => order.push(1) }, { valueOf() { order.push(2); throw thrown; } }));
  list(order, [1, 2]);
  same(await promising(f)({ valueOf: () => (globalThis.gc(), 1) }, { valueOf: () => (globalThis.gc(), 1n) }), 2);
  // What was converted before a collection is still there after it, and after a wait.
  const { both } = waits(`(module (import "m" "f" (func $f)) (func (export "both") (param externref i32 externref) (result externref externref)
    (call $f) (local.get 0) (local.get 2)))`, () => later().then(() => globalThis.gc()));
  const answers = await promising(both)({ key: 1 }, { valueOf() { for (let i = 0; i < 100; i++) globalThis.gc(); return 1; } }, { key: 2 });
  list(answers.map(({ key }) => key), [1, 2]);
});

test("endless recursion rejects, before and after a suspension", async () => {
  const { f, g } = waits(`(module (import "m" "f" (func $wait)) (func $f (export "f") (call $f)) (func $g (export "g") (call $wait) (call $f)))`, async () => {});
  await rejects(RangeError, promising(f)());
  await rejects(RangeError, promising(g)());
  await rejects(RangeError, promising(f)());
});

test("deep frames survive a suspension, and growth goes on after it", async () => {
  const { f, twice } = waits(`(module (import "m" "f" (func $wait (param i32) (result i32)))
    (func $f (export "f") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0))
        (then (call $wait (i32.const 5)))
        (else (i32.add (local.get 0) (call $f (i32.sub (local.get 0) (i32.const 1)))))))
    (func (export "twice") (param i32) (result i32) (i32.add (call $f (local.get 0)) (call $f (local.get 0)))))`, async (x) => x);
  same(await promising(f)(5000), (5000 * 5001) / 2 + 5);
  same(await promising(twice)(5000), 5000 * 5001 + 10);
});

test("recursion through promising functions ends in a rejection", async () => {
  let last;
  const wrapped = promising(instance(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, { m: { f() { const call = wrapped(); last ??= call; } } }).f);
  await wrapped();
  await rejects(RangeError, last);
});

test("each stack has its own limit, after suspensions inside each other too", async () => {
  const text = `(module (import "m" "f" (func $wait (param i32) (result i32)))
    (func $deep (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
    (func (export "f") (param i32) (result i32) (i32.add (call $wait (i32.const 7)) (call $deep (local.get 0)))))`;
  const inner = promising(waits(text, async (x) => x).f);
  const nested = (depth) => promising(waits(text, () => inner(depth)).f);
  await rejects(RangeError, nested(-1)(1));
  await rejects(RangeError, nested(1000)(-1));
  same(await nested(1000)(2000), 3007);
});

test("the stack of an error is that of the plain call, after a suspension too", async () => {
  const text = `(module (import "m" "f" (func $wait (result i32)))
    (func $traps (param i32) (if (local.get 0) (then (drop (call $wait)))) unreachable)
    (func (export "f") (param i32) (call $traps (local.get 0))))`;
  const { f } = waits(text, async () => 1);
  const frames = (error) => error.stack.match(/at \S+ \(wasm-function.*/g).join("\n");
  const plain = frames(throws(WebAssembly.RuntimeError, () => f(0)));
  holds(/^at traps \(wasm-function\[1\]:0x[0-9a-f]+\)\nat f \(wasm-function\[2\]:0x[0-9a-f]+\)$/.test(plain), plain);
  for (const wait of [0, 1]) {
    const error = await rejects(WebAssembly.RuntimeError, promising(f)(wait));
    same(frames(error), plain);
    holds(!/native/.test(error.stack), error.stack);
  }
});

await run();
