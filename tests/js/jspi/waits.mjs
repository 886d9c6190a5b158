// Each way to wait, alone and mixed in one call, against an async function that awaits the same; and
// imports of numbers, whose calls take a way of their own.
import { test, run, same, list, throws, rejects, later, instance, promising, Suspending } from "../harness.mjs";

const text = `(module (import "m" "f" (func $f (param i32) (result i32)))
  (func (export "sum") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $f (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $sum)))`;
const settled = Promise.resolve(1);
const ways = {
  value: () => 1,
  settled: () => settled,
  pending: () => later().then(() => 1),
  resolvedNow: () => { let open; const p = new Promise((r) => (open = r)); Promise.resolve().then(() => open(1)); return p; },
  thenable: () => ({ then: (resolve) => resolve(1) }),
  rejected: () => Promise.reject(new Error("now")),
  rejectedLater: () => later().then(() => { throw new Error("later"); }),
};

// What the turns saw until a call ended.
async function trace(call) {
  const order = [];
  let ended = false;
  call(order).then((v) => order.push(`resolved ${v}`), (e) => order.push(`rejected ${e.message}`)).then(() => (ended = true));
  for (let i = 1; !ended && i < 30; i++) {
    order.push(i);
    await 0;
  }
  return order;
}

test("mixed waits end in the turns in which an async function ends", async () => {
  const names = Object.keys(ways);
  for (const a of names) for (const b of names) for (const c of names) {
    const answers = [a, b, c];
    const answer = (order) => (i) => (order.push(answers[i]), ways[answers[i]]());
    const model = async (order) => { const f = answer(order); let sum = 0; for (let i = 0; i < 3; i++) sum += await f(i); return sum; };
    const wasm = (order) => promising(instance(text, { m: { f: new Suspending(answer(order)) } }).sum)(3);
    list(await trace(wasm), await trace(model), answers.join(" "));
  }
});

test("a promise is what it was made, whatever it says it is", async () => {
  const once = (answer) => promising(instance(text, { m: { f: new Suspending(answer) } }).sum)(1);
  for (const make of [() => Promise.resolve(4), () => later().then(() => 4)]) {
    const patched = make();
    patched.then = () => { throw new Error("patched"); };
    same(await once(() => patched), 4, "a patched then");
    let reads = 0;
    const watched = Object.defineProperty(make(), "constructor", { get: () => (reads++, Promise) });
    same(await once(() => watched), 4);
    same(reads, 1, "reads of constructor");
    const odd = Object.defineProperty(make(), "constructor", { get() { throw new RangeError("constructor"); } });
    await rejects(RangeError, once(() => odd), /constructor/);
  }
  let thens = 0;
  class Mine extends Promise { then(...args) { thens++; return super.then(...args); } }
  same(await once(() => Mine.resolve(5)), 5, "a subclass");
  same(thens, 1, "calls of its then");
  const { then } = Promise.prototype;
  Promise.prototype.then = () => { throw new Error("patched prototype"); };
  const call = once(() => new Promise((resolve) => (globalThis.open = resolve)));
  Promise.prototype.then = then;
  open(6);
  same(await call, 6);
});

const types = ["i32", "i64", "f32", "f64"];
const echo = (params, result) => `(module (import "m" "f" (func $f (param ${params.join(" ")}) (result ${result})))
  (func (export "f") (param ${params.join(" ")}) (result ${result}) (call $f ${params.map((_, i) => `(local.get ${i})`).join("")})))`;

test("numbers of every type at every place", () => {
  const given = { i32: -7, i64: -(2n ** 62n) - 1n, f32: -0.5, f64: 1 / 3 };
  for (let count = 1; count < 20; count++) {
    for (const [first, type] of types.entries()) {
      const params = Array.from({ length: count }, (_, i) => types[(first + i) % 4]);
      const args = params.map((type) => given[type]);
      let seen;
      const { f } = instance(echo(params, type), { m: { f: (...args) => ((seen = args), given[type]) } });
      same(f(...args), given[type], `${params} -> ${type}`);
      list(seen, args, `${params}`);
    }
  }
});

test("conversions may throw, and call WebAssembly, at every place", () => {
  const { f: inner } = instance(echo(["i32", "f64"], "f64"), { m: { f: (a, b) => a + b } });
  const params = ["i32", "f32", "f64", "i32", "f64", "i32", "i32", "f32", "f64"];
  const { f } = instance(echo(params, "f64"), { m: { f: (...args) => ({ valueOf: () => args.reduce((a, b) => inner(a, b), 0) }) } });
  for (let at = 0; at <= params.length; at++) {
    const args = params.map((_, i) => (i === at ? { valueOf() { throw new RangeError(`at ${at}`); } } : { valueOf: () => inner(i, 0) }));
    if (at < params.length) throws(RangeError, () => f(...args), new RegExp(`at ${at}`));
    else same(f(...args), 36);
  }
  const bad = { valueOf() { throw new RangeError("result"); } };
  throws(RangeError, () => instance(echo(["i32"], "f64"), { m: { f: () => bad } }).f(1), /result/);
  throws(TypeError, () => instance(echo(["i32"], "i64"), { m: { f: () => 1 } }).f(1));
  throws(TypeError, () => instance(echo(["i64"], "i64"), { m: { f: (x) => x } }).f(1));
  throws(TypeError, () => instance(echo(["i32"], "i32"), { m: { f: () => Symbol() } }).f(1));
});

test("endless recursion through an import is an error", () => {
  const { f } = instance(echo(["i32"], "i32"), { m: { f: (x) => f(x + 1) } });
  throws(RangeError, () => f(0));
  same(instance(echo(["i32"], "i32"), { m: { f: (x) => x } }).f(3), 3);
});

await run();
