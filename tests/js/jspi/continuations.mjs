// Continuations of WebAssembly in promising calls: what waits is the whole chain of stacks.
import { test, run, same, list, holds, throws, rejects, later, instance, promising, Suspending, SuspendError } from "../harness.mjs";

const { RuntimeError, JSTag } = WebAssembly;

// `nest(n)` calls `$wait` in n continuations, one inside the other, and adds n to the answer.
const nested = `(module
  (type $work (func (param i32) (result i32)))
  (type $cont (cont $work))
  (import "m" "js" (tag $js (param externref)))
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (tag $stop (export "stop") (param i32) (result i32))
  (elem declare func $nest $ask $stops $traps)
  (func $nest (export "nest") (type $work)
    (if (i32.eqz (local.get 0)) (then (return (call $wait (i32.const 0)))))
    (i32.add (i32.const 1)
      (resume $cont (i32.sub (local.get 0) (i32.const 1)) (cont.new $cont (ref.func $nest)))))
  (func $traps (export "traps") (type $work)
    (if (i32.eqz (local.get 0)) (then (drop (call $wait (i32.const 0))) (unreachable)))
    (resume $cont (i32.sub (local.get 0) (i32.const 1)) (cont.new $cont (ref.func $traps))))
  (func (export "caught") (param i32) (result externref)
    (block $h (result externref)
      (drop (try_table (result i32) (catch $js $h) (resume $cont (local.get 0) (cont.new $cont (ref.func $nest)))))
      (ref.null extern)))
  ;; Suspends with each number from its argument down to 1, and waits before each.
  (func $ask (type $work) (local $sum i32)
    (loop $next
      (if (i32.eqz (local.get 0)) (then (return (local.get $sum))))
      (drop (call $wait (local.get 0)))
      (local.set $sum (i32.add (local.get $sum) (suspend $stop (local.get 0))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br $next))
    unreachable)
  ;; Handles them: answers each with what waiting for its tenfold gives.
  (func (export "handle") (type $work) (local $k (ref null $cont)) (local $value i32)
    (local.set $k (cont.new $cont (ref.func $ask)))
    (local.set $value (local.get 0))
    (loop $next
      (block $stopped (result i32 (ref $cont))
        (return (resume $cont (on $stop $stopped) (local.get $value) (local.get $k))))
      (local.set $k)
      (local.set $value (call $wait (i32.mul (i32.const 10))))
      (br $next))
    unreachable)
  (func $stops (export "stops") (type $work) (suspend $stop (local.get 0)))
  (func (export "stops inside") (type $work) (resume $cont (local.get 0) (cont.new $cont (ref.func $stops))))
  (func (export "all") (type $work)
    (block $h
      (return (try_table (result i32) (catch_all $h) (resume $cont (local.get 0) (cont.new $cont (ref.func $nest))))))
    (i32.const -1)))`;

const make = (wait) => instance(nested, { m: { js: JSTag, wait } });

// Ways to answer: in the next turn, and later.
const ways = [(i) => i, async (i) => i, (i) => later().then(() => i)];

test("an import waits in continuations of any depth", async () => {
  for (const way of ways) {
    const { nest } = make(new Suspending((i) => (gc(), way(i + 1000))));
    for (const depth of [0, 1, 2, 3, 10, 300]) same(await promising(nest)(depth), 1000 + depth);
  }
});

test("chains that wait at the same time, and end in any order", async () => {
  const settle = [];
  const { nest } = make(new Suspending(() => new Promise((resolve) => settle.push(resolve))));
  const calls = Array.from({ length: 60 }, (_, i) => promising(nest)(i % 7));
  gc();
  settle.forEach((_, i) => settle[(i * 37) % 60]((i * 37) % 60));
  list(await Promise.all(calls), calls.map((_, i) => i + (i % 7)));
});

test("continuations wait, are suspended, and wait again", async () => {
  for (const way of ways) {
    const seen = [];
    const { handle } = make(new Suspending((i) => (seen.push(i), way(i))));
    same(await promising(handle)(4), 100);
    list(seen, [4, 40, 3, 30, 2, 20, 1, 10]);
    list(await Promise.all([1, 2, 3, 4, 5].map((n) => promising(handle)(n))), [10, 30, 60, 100, 150]);
  }
});

test("without a promising call nothing in a continuation waits", () => {
  let called = false;
  const { nest, caught, all } = make(new Suspending(() => { called = true; }));
  for (const depth of [0, 1, 5]) {
    throws(SuspendError, () => nest(depth), /"m" "wait".*promising/);
    holds(caught(depth) instanceof SuspendError);
    same(all(depth), -1);
  }
  same(called, false);
});

test("JavaScript between continuations is a barrier to those that wait", async () => {
  const inner = make(new Suspending(() => 1));
  const outer = make(() => inner.nest(2));
  await rejects(SuspendError, promising(outer.nest)(3), /"m" "wait".*stand between/);
  holds(await promising(outer.caught)(3) instanceof SuspendError);
  same(await promising(make(new Suspending(() => promising(inner.nest)(2))).nest)(3), 6);
});

test("failures go through the chain", async () => {
  const reason = {};
  for (const fails of [() => { throw reason; }, () => Promise.reject(reason), () => later().then(() => { throw reason; })]) {
    const { nest, caught, all } = make(new Suspending(fails));
    for (const depth of [0, 1, 4]) {
      await rejects(reason, promising(nest)(depth));
      same(await promising(caught)(depth), reason);
      same(await promising(all)(depth), -1);
    }
  }
});

test("a trap after waiting ends the chain", async () => {
  const { traps } = make(new Suspending(() => later()));
  for (const depth of [0, 1, 4]) await rejects(RuntimeError, promising(traps)(depth), /unreachable/);
});

test("a suspension that nothing handles is a trap", async () => {
  const x = make(() => 0);
  for (const f of [x.stops, x["stops inside"]]) {
    throws(RuntimeError, () => f(1), /^unhandled tag$/);
    await rejects(RuntimeError, promising(f)(1), /^unhandled tag$/);
  }
});

test("JavaScript is a barrier to suspensions", async () => {
  const handling = `(module
    (type $work (func (param i32) (result i32))) (type $cont (cont $work))
    (import "m" "stop" (tag $stop (param i32) (result i32)))
    (import "m" "f" (func $f (type $work)))
    (elem declare func $f $g)
    (func $g (type $work) (call $f (local.get 0)))
    (func (export "handle") (type $work)
      (block $stopped (result i32 (ref $cont))
        (return (resume $cont (on $stop $stopped) (local.get 0) (cont.new $cont (ref.func $g)))))
      (drop)))`;
  const inner = make(() => 0);
  const through = (f) => instance(handling, { m: { stop: inner.stop, f } }).handle;
  same(through(inner.stops)(7), 7);
  const barred = through((i) => inner.stops(i));
  throws(RuntimeError, () => barred(7), /^unhandled tag$/);
  await rejects(RuntimeError, promising(barred)(7), /^unhandled tag$/);
  let caught;
  same(through((i) => { try { inner.stops(i); } catch (error) { caught = error; } return 3; })(7), 3);
  same(caught.message, "unhandled tag");
});

test("chains that nothing can resume go with a collection", async () => {
  const { nest } = make(new Suspending(() => new Promise(() => {})));
  const calls = [];
  for (let i = 0; i < 500; i++) calls.push(new WeakRef(promising(nest)(3)));
  await later();
  gc();
  await later();
  holds(calls.every((call) => call.deref() === undefined), "all promises are gone");
  same(await promising(make(new Suspending(() => 1)).nest)(3), 4);
});

await run();
