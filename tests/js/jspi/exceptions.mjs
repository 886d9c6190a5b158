// Checklist 11, 27, 29, 31, 33: exceptions of WebAssembly and calls that wait.
import { test, run, same, list, holds, rejects, later, instance, promising, Suspending, SuspendError } from "../harness.mjs";

const { Tag, Exception, JSTag, RuntimeError } = WebAssembly;
const tag = new Tag({ parameters: ["i32", "externref"] });

const text = `(module
  (import "m" "js" (tag $js (param externref)))
  (import "m" "tag" (tag $tag (param i32 externref)))
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (func (export "plain") (param i32) (result i32) (call $wait (local.get 0)))
  (func (export "all") (param i32) (result i32)
    (block $h (return (try_table (result i32) (catch_all $h) (call $wait (local.get 0))))) (i32.const -1))
  (func (export "value") (param i32) (result externref)
    (block $h (result externref) (drop (try_table (result i32) (catch $js $h) (call $wait (local.get 0)))) (ref.null extern)))
  (func (export "values") (param i32) (result i32 externref)
    (block $h (result i32 externref) (try_table (result i32) (catch $tag $h) (call $wait (local.get 0))) (ref.null extern)))
  (func (export "again") (param i32)
    (block $h (result exnref) (drop (try_table (result i32) (catch_all_ref $h) (call $wait (local.get 0)))) (return))
    (drop (call $wait (i32.const 0))) (throw_ref))
  (func (export "throw") (param $wait i32) (param externref)
    (if (local.get $wait) (then (drop (call $wait (i32.const 0)))))
    (throw $tag (i32.const 8) (local.get 1)))
  ;; The sum of n answers, each failure counting 100: one level of the stack deeper every time.
  (func $sum (export "sum") (param i32) (result i32) (local $one i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (block $done
      (block $h
        (local.set $one (try_table (result i32) (catch_all $h) (call $wait (local.get 0))))
        (br $done))
      (local.set $one (i32.add (i32.const 100) (call $wait (i32.const 0)))))
    (i32.add (local.get $one) (call $sum (i32.sub (local.get 0) (i32.const 1))))))`;

let answer;
const imports = (wait) => ({ m: { js: JSTag, tag, wait } });
const x = instance(text, imports(new Suspending((i) => answer(i))));

// Ways for an import to fail with a value: while it runs, in the next turn, and later.
const failing = (value) => [
  () => { throw value; },
  () => Promise.reject(value),
  async () => { await later(); throw value; },
  () => ({ then(_, reject) { reject(value); } }),
];

test("what a promise is rejected with is caught under JSTag, or comes out as it is", async () => {
  for (const value of [{}, new Error("x"), "text", undefined, null, new RuntimeError("of mine")]) {
    for (const fails of failing(value)) {
      answer = fails;
      same(await promising(x.all)(1), -1);
      same(await promising(x.value)(1), value);
      await rejects(value, promising(x.plain)(1));
      await rejects(value, promising(x.values)(1));
    }
  }
});

test("what a promise is rejected with is caught under its own tag", async () => {
  const exception = new Exception(tag, [5, "five"]);
  for (const fails of failing(exception)) {
    answer = fails;
    same(await promising(x.all)(1), -1);
    list(await promising(x.values)(1), [5, "five"]);
    await rejects(exception, promising(x.plain)(1));
    await rejects(exception, promising(x.value)(1));
  }
});

test("an exception is kept while WebAssembly waits again", async () => {
  for (const value of [{}, null, new Exception(tag, [1, {}])]) {
    answer = (i) => later().then(() => { gc(); if (i === 1) throw value; });
    await rejects(value, promising(x.again)(1));
  }
});

test("an answer that cannot be converted is an exception", async () => {
  answer = async () => 1n;
  holds(await promising(x.value)(1) instanceof TypeError);
  const thrown = {};
  answer = () => ({ valueOf() { throw thrown; } });
  same(await promising(x.value)(1), thrown);
});

test("what WebAssembly throws rejects, before and after a suspension", async () => {
  answer = () => later();
  for (const wait of [0, 1]) {
    const thing = {};
    const exception = await promising(x.throw)(wait, thing).then(() => null, (reason) => reason);
    holds(exception instanceof Exception && exception.is(tag));
    list([exception.getArg(tag, 0), exception.getArg(tag, 1)], [8, thing]);
  }
});

test("failures in a row, and suspensions between them", async () => {
  const odd = (i) => { if (i % 2) throw new Error(`${i}`); return i; };
  for (const way of [odd, async (i) => odd(i), (i) => later().then(() => odd(i))]) {
    answer = way;
    same(await promising(x.sum)(10), 530);
    list(await Promise.all([1, 2, 3, 4, 5].map((n) => promising(x.sum)(n))), [100, 102, 202, 206, 306]);
  }
});

test("a SuspendError is caught, and is no hindrance", async () => {
  let called = 0;
  answer = () => (called++, 3);
  same(x.all(1), -1);
  holds(x.value(1) instanceof SuspendError);
  same(called, 0);
  // WebAssembly, JavaScript, WebAssembly that wants to wait: refused, caught on either side of JavaScript.
  for (const [inner, caught] of [["all", -1], ["plain", -1]]) {
    const outer = instance(text, imports((i) => x[inner](i)));
    same(await promising(outer.all)(1), caught);
    same(called, 0);
  }
  same(await promising(instance(text, imports(x.all)).all)(1), 3);
});

test("no handler sees a trap, whether it waits or not", async () => {
  const trapping = instance(`(module (import "m" "wait" (func $wait)) (func (export "f") (call $wait) unreachable))`, {
    m: { wait: new Suspending(() => later()) },
  });
  for (const call of [() => promising(trapping.f)(), async () => { await later(); return promising(trapping.f)(); }]) {
    answer = call;
    await rejects(RuntimeError, promising(x.all)(1), /unreachable/);
    await rejects(RuntimeError, promising(x.value)(1), /unreachable/);
  }
  answer = () => later().then(() => 1);
  same(await promising(x.all)(1), 1);
});

await run();
