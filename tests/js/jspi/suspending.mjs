// Checklist 15-25, 31, 32: suspensions and how they end.
import { test, run, same, list, holds, throws, rejects, later, instance, promising, Suspending, SuspendError } from "../harness.mjs";

const waits = (text, f) => instance(text, { m: { f: new Suspending(f) } });
const one = `(module (import "m" "f" (func $f (param i32) (result i32))) (func (export "f") (param i32) (result i32) (call $f (local.get 0))))`;

test("the caller goes on while WebAssembly waits", async () => {
  const order = [];
  const f = promising(waits(one, (x) => (order.push("import"), later().then(() => x + 1))).f);
  const result = f(1).then((value) => order.push(value));
  order.push("caller");
  await result;
  list(order, ["import", "caller", 2]);
});

test("the turn of the queue in which a call ends", async () => {
  const turns = async (answer) => {
    const order = [];
    const call = promising(waits(one, answer).f)(1);
    const ticks = (async () => { for (let i = 1; i < 6; i++) { await 0; order.push(i); } })();
    call.then(() => order.push("resolved"), () => order.push("rejected"));
    await ticks;
    return order.join(" ");
  };
  const settled = Promise.resolve(1);
  // One turn to go on, one for the reaction to the promise of the call.
  same(await turns(() => settled), "1 resolved 2 3 4 5");
  same(await turns(() => 1), "1 resolved 2 3 4 5");
  same(await turns(async () => 1), "1 resolved 2 3 4 5");
  same(await turns(() => Promise.reject(1)), "1 rejected 2 3 4 5");
  same(await turns(() => Promise.resolve().then(() => 1)), "1 2 resolved 3 4 5");
  same(await turns(() => ({ then: (resolve) => resolve(1) })), "1 2 resolved 3 4 5");
});

test("values that are no promise suspend too", async () => {
  const order = [];
  const p = promising(waits(one, () => (order.push("import"), 7)).f)(1);
  order.push("after");
  Promise.resolve().then(() => order.push("micro"));
  p.then((value) => order.push(`resolved ${value}`));
  await p;
  await 0;
  list(order, ["import", "after", "micro", "resolved 7"]);
});

test("thenables are adopted", async () => {
  same(await promising(waits(one, (x) => ({ then: (resolve) => resolve(x * 2) })).f)(4), 8);
  await rejects(RangeError, promising(waits(one, () => ({ then: (_, reject) => reject(new RangeError()) })).f)(4));
  const thrown = {};
  await rejects(thrown, promising(waits(one, () => ({ get then() { throw thrown; } })).f)(4));
  class Mine extends Promise {}
  same(await promising(waits(one, (x) => Mine.resolve(x + 3)).f)(4), 7);
  const odd = Promise.resolve(1);
  Object.defineProperty(odd, "constructor", { get() { throw thrown; } });
  await rejects(thrown, promising(waits(one, () => odd).f)(4));
});

test("the answer is converted to the result types", async () => {
  const types = [["i32", "42", 42], ["i64", 5n, 5n], ["f32", 0.1, Math.fround(0.1)], ["f64", { valueOf: () => 2 }, 2], ["externref", "text", "text"], ["externref", undefined, undefined], ["externref", null, null], ["funcref", null, null]];
  for (const [type, answer, expected] of types) {
    for (const give of [() => answer, async () => answer, () => later().then(() => answer)]) {
      const { f } = waits(`(module (import "m" "f" (func $f (result ${type}))) (func (export "f") (result ${type}) (call $f)))`, give);
      same(await promising(f)(), expected, type);
    }
  }
  const many = (answer) => promising(waits(`(module (import "m" "f" (func $f (result i32 i64))) (func (export "f") (result i32 i64) (call $f)))`, answer).f)();
  list(await many(async () => [1, 2n]), [1, 2n]);
  list(await many(() => later().then(() => new Set([3, 4n]))), [3, 4n]);
  for (const wrong of [undefined, 1, {}, [1], [1, 2n, 3n], [1, 2]]) {
    await rejects(TypeError, many(async () => wrong));
    await rejects(TypeError, many(() => later().then(() => wrong)));
  }
  const thrown = {};
  await rejects(thrown, promising(waits(one, async () => ({ valueOf() { throw thrown; } })).f)(1));
  const { void_ } = waits(`(module (import "m" "f" (func $f)) (func (export "void_") (call $f)))`, async () => Symbol());
  same(await promising(void_)(), undefined);
});

test("loops of suspensions with live locals and operands", async () => {
  let calls = 0;
  const { sum } = waits(`(module (import "m" "f" (func $f (param i32) (result i32)))
    (func (export "sum") (param $n i32) (result i64) (local $s i64) (local $d f64)
      (local.set $d (f64.const 0.5))
      (loop $again
        (local.set $s (i64.add (local.get $s) (i64.add (i64.extend_i32_s (local.get $n)) (i64.extend_i32_s (call $f (local.get $n))))))
        (local.set $d (f64.mul (local.get $d) (f64.const 1)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (i64.add (local.get $s) (i64.trunc_f64_s (f64.mul (local.get $d) (f64.const 2))))))`, (x) => [x, Promise.resolve(x), later(0).then(() => x), Promise.resolve().then(() => x)][calls++ % 4]);
  same(await promising(sum)(100), 10101n);
  same(calls, 100);
});

test("suspensions at every depth", async () => {
  const { f } = waits(`(module (import "m" "f" (func $f (param i32) (result i32)))
    (func $deep (param $depth i32) (param $x i32) (result i32)
      (if (result i32) (local.get $depth)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get $x))))
        (else (call $f (local.get $x)))))
    (func (export "f") (result i32)
      (i32.add (call $deep (i32.const 1) (i32.const 100))
        (i32.add (call $deep (i32.const 4) (i32.const 200)) (i32.add (call $deep (i32.const 0) (i32.const 300)) (call $deep (i32.const 40) (i32.const 400)))))))`, (x) => later(0).then(() => x));
  same(await promising(f)(), 1045);
});

test("many parameters survive", async () => {
  const mixed = ["i32", "f64", "i64", "f32", "i32", "f64", "i64", "f32", "i32", "f64", "i64", "f32", "i32"];
  const values = mixed.map((type, i) => (type === "i64" ? BigInt(i) : i + (type[0] === "f" ? 0.5 : 0)));
  for (const [types, args] of [[mixed, values], [Array(24).fill("i32"), Array.from({ length: 24 }, (_, i) => i * 3)], [Array(10).fill("externref"), Array.from({ length: 10 }, (_, i) => ({ i }))]]) {
    let got;
    const params = `(param ${types.join(" ")})`;
    const gets = types.map((_, i) => `(local.get ${i})`).join(" ");
    const { f } = waits(`(module (import "m" "f" (func $f ${params})) (func (export "f") ${params} (result ${types.join(" ")}) (call $f ${gets}) ${gets}))`, (...a) => ((got = a), globalThis.gc(), later()));
    list(await promising(f)(...args), args);
    list(got, args);
  }
});

test("indirect calls, calls of references, tail calls, and functions that travel", async () => {
  const { indirect, ref, tail, tailRef, again } = waits(`(module
    (type $t (func (param i32) (result i32))) (import "m" "f" (func $f (type $t)))
    (table 1 funcref) (elem (i32.const 0) $f)
    (func (export "indirect") (param i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 0)))
    (func (export "ref") (param i32) (result i32) (call_ref $t (local.get 0) (ref.func $f)))
    (func (export "tail") (param i32) (result i32) (return_call $f (local.get 0)))
    (func (export "tailRef") (param i32) (result i32) (return_call_ref $t (local.get 0) (ref.func $f)))
    (export "again" (func $f)))`, async (x) => x + 1);
  same(await promising(indirect)(1), 2);
  same(await promising(ref)(5), 6);
  same(await promising(tail)(2), 3);
  same(await promising(tailRef)(6), 7);
  same(await promising(again)(3), 4);
  throws(SuspendError, () => again(3));
  const other = instance(one, { m: { f: again } });
  same(await promising(other.f)(5), 6);
});

test("directly linked instances wait together", async () => {
  const inner = waits(one, (x) => later().then(() => x * 10));
  const outer = instance(`(module (import "m" "f" (func $f (param i32) (result i32))) (func (export "f") (param i32) (result i32) (i32.add (i32.const 1) (call $f (local.get 0)))))`, { m: { f: inner.f } });
  const outermost = instance(one, { m: { f: outer.f } });
  same(await promising(outermost.f)(3), 31);
});

test("exceptions: thrown at once, or as the reason of a promise", async () => {
  for (const reason of [new Error("x"), "text", undefined, null, { a: 1 }, 5]) {
    await rejects(reason, promising(waits(one, () => { throw reason; }).f)(1));
    await rejects(reason, promising(waits(one, () => Promise.reject(reason)).f)(1));
    await rejects(reason, promising(waits(one, () => later().then(() => { throw reason; })).f)(1));
  }
});

test("what follows a failed call does not run", async () => {
  let ran = false;
  const { f } = instance(`(module (import "m" "f" (func $f)) (import "m" "ran" (func $ran)) (func (export "f") (call $f) (call $ran)))`, {
    m: { f: new Suspending(() => Promise.reject(1)), ran: () => void (ran = true) },
  });
  await rejects(1, promising(f)());
  same(ran, false);
});

await run();
