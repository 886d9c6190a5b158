// Checklist 38-41: collection, and what nobody waits for any more.
import { test, run, same, list, holds, rejects, later, instance, promising, Suspending } from "../harness.mjs";

const text = `(module (import "m" "f" (func $f (param externref) (result externref)))
  (func (export "f") (param externref) (result externref externref) (call $f (local.get 0)) (local.get 0)))`;

test("collection in an import, during a suspension, during a conversion", async () => {
  const f = promising(instance(text, { m: { f: new Suspending(async (x) => { globalThis.gc(); await later(); globalThis.gc(); return { answer: x }; }) } }).f);
  const [answer, argument] = await f({ key: "value" });
  same(answer.answer.key, "value");
  same(argument.key, "value");
  const number = promising(instance(`(module (import "m" "f" (func $f (result i32)))
    (func (export "f") (param externref) (result i32 externref) (call $f) (local.get 0)))`, {
    m: { f: new Suspending(async () => ({ valueOf: () => (globalThis.gc(), 5) })) },
  }).f);
  const [five, kept] = await number({ key: "kept" });
  list([five, kept.key], [5, "kept"]);
});

test("what only a parked stack holds stays alive", async () => {
  let open;
  const f = promising(instance(text, { m: { f: new Suspending(() => new Promise((resolve) => (open = resolve))) } }).f);
  const calls = [];
  for (let i = 0; i < 100; i++) {
    calls.push(f({ i }));
    if (i % 10 === 0) globalThis.gc();
    const resolve = open;
    setTimeout(() => resolve({ doubled: i * 2 }), i % 7);
  }
  const results = await Promise.all(calls);
  results.forEach(([answer, argument], i) => list([answer.doubled, argument.i], [i * 2, i]));
});

test("parked calls that can never go on are collected", async () => {
  const f = promising(instance(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, { m: { f: new Suspending(() => new Promise(() => {})) } }).f);
  const refs = [];
  for (let i = 0; i < 1000; i++) refs.push(new WeakRef(f()));
  await later();
  globalThis.gc();
  await later();
  holds(refs.every((ref) => ref.deref() === undefined), "all promises are gone");
});

test("a function of a dropped instance still waits", async () => {
  let f = promising(instance(text, { m: { f: new Suspending((x) => later(2).then(() => x)) } }).f);
  const call = f("kept");
  f = undefined;
  globalThis.gc();
  list(await call, ["kept", "kept"]);
});

test("imports run with the whole stack of the host", async () => {
  const deep = (n) => (n === 0 ? 0 : 1 + deep(n - 1));
  const f = promising(instance(`(module (import "m" "f" (func $f (result i32))) (func (export "f") (result i32) (call $f)))`, { m: { f: new Suspending(async () => deep(2000)) } }).f);
  same(await f(), 2000);
  const endless = () => 1 + endless();
  const g = promising(instance(`(module (import "m" "f" (func $f (result i32))) (func (export "f") (result i32) (call $f)))`, { m: { f: new Suspending(endless) } }).f);
  await rejects(RangeError, g());
  same(await f(), 2000);
});

// Never settled: the runtime goes away with it.
promising(instance(`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, { m: { f: new Suspending(() => new Promise(() => {})) } }).f)();

await run();
