// Checklist 34-37: many at once, nested, and mixed with JavaScript's own functions that wait.
import { test, run, same, list, holds, rejects, later, instance, promising, Suspending } from "../harness.mjs";

const text = `(module (import "m" "f" (func $f (param i32) (result i32))) (global (export "g") (mut i32) (i32.const 0))
  (func (export "f") (param i32) (result i32) (local $before i32)
    (local.set $before (global.get 0))
    (global.set 0 (i32.add (global.get 0) (i32.const 1)))
    (i32.add (local.get $before) (call $f (local.get 0)))))`;

for (const count of [2, 50, 100, 2000]) {
  test(`${count} calls, resumed in any order`, async () => {
    const resolvers = [];
    const { f, g } = instance(text, { m: { f: new Suspending((x) => new Promise((resolve) => resolvers.push(() => resolve(x)))) } });
    const calls = Array.from({ length: count }, (_, i) => promising(f)(i * 10));
    same(resolvers.length, count);
    same(g.value, count);
    for (let i = 0; i < count; i++) resolvers.splice((i * 7919) % resolvers.length, 1)[0]();
    list(await Promise.all(calls), Array.from({ length: count }, (_, i) => i + i * 10));
  });
}

test("a call runs to its end while another waits", async () => {
  let open;
  const { f, g } = instance(text, { m: { f: new Suspending((x) => (x === 0 ? new Promise((resolve) => (open = resolve)) : x)) } });
  const waiting = promising(f)(0);
  same(await promising(f)(5), 6);
  g.value = 100;
  open(7);
  same(await waiting, 7);
  same(g.value, 100);
});

test("sandwich", async () => {
  const order = [];
  const inner = promising(instance(text, { m: { f: new Suspending((x) => later().then(() => (order.push("inner"), x))) } }).f);
  const outer = promising(instance(text, { m: { f: new Suspending(async (x) => { const y = await inner(x); order.push("outer"); return y * 2; }) } }).f);
  same(await outer(4), 8);
  list(order, ["inner", "outer"]);
  const still = promising(instance(text, { m: { f: (x) => x } }).f);
  same(await promising(instance(text, { m: { f: new Suspending((x) => still(x)) } }).f)(9), 9);
});

test("async functions, generators and thenables as imports", async () => {
  const f = promising(instance(text, { m: { f: new Suspending(async (x) => { for await (const y of (async function* () { yield x; await later(); yield x + 1; })()) x = y; return x; }) } }).f);
  same(await f(3), 4);
  const thenable = (x) => ({ then: (resolve) => setTimeout(() => resolve((async () => x * 2)()), 1) });
  const g = promising(instance(text, { m: { f: new Suspending(thenable) } }).f);
  list(await Promise.all([g(3), g(4), f(5)]), [6, 9, 7]);
});

test("100 nested promising calls", async () => {
  const depth = 100;
  let f = promising(instance(text, { m: { f: new Suspending((x) => later().then(() => x)) } }).f);
  for (let i = 0; i < depth; i++) {
    const next = f;
    f = promising(instance(text, { m: { f: new Suspending((x) => next(x + 1)) } }).f);
  }
  same(await f(0), depth);
});

test("a failure ends one call only", async () => {
  const { f } = instance(text, { m: { f: new Suspending((x) => (x % 2 ? Promise.reject(x) : later().then(() => x))) } });
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => promising(f)(i)));
  results.forEach((result, i) => same(result.status, i % 2 ? "rejected" : "fulfilled"));
});

await run();
