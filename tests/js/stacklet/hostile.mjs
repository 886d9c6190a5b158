// `bident:stacklet` and programs that mean harm: nothing gets stuck, mixed up, or past an error.
import { Stacklet, Suspender, bindAsync, instantiateAsync, mayWait, neverWaits, alwaysWaits } from "bident:stacklet";
import { test, run, same, list, holds, throws, rejects, later, module, instance, promising, Suspending, SuspendError } from "../harness.mjs";

const { RuntimeError, LinkError } = WebAssembly;

const asking = module`(module (import "m" "f" (func $f (param i32) (result i32)))
  (func (export "ask") (param i32) (result i32) (call $f (local.get 0)))
  (func $endless (export "endless") (result i32) (i32.add (i32.const 1) (call $endless))))`;
const make = async (f, stacklet) => (await instantiateAsync(asking, { m: { f } }, stacklet)).exports;

const maker = instance(`(module
  (type $run (func)) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
  (type $number (func (param i32))) (type $numbers (cont $number))
  (tag $idle (export "idle") (result (ref $run)))
  (tag (export "number") (result i32))
  (import "m" "js" (func $js))
  (elem declare func $body $takes)
  (func $body (param $run (ref $run))
    (loop $next (call_ref $run (local.get $run)) (local.set $run (suspend $idle)) (br $next)))
  (func $takes (param i32))
  (global $same (mut (ref null $stack)) (ref.null $stack))
  (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $body)))
  (func (export "calls") (result (ref $stack)) (call $js) (cont.new $stack (ref.func $body)))
  (func (export "same") (result (ref null $stack))
    (if (ref.is_null (global.get $same)) (then (global.set $same (cont.new $stack (ref.func $body)))))
    (global.get $same))
  (func (export "numbers") (result (ref $numbers)) (cont.new $numbers (ref.func $takes))))`, { m: { js: () => during() } });
let during = () => {};
const stack = () => Stacklet.from(maker.make, maker.idle);

test("proxies as imports", async () => {
  const seen = [];
  const handler = {
    get(target, key, receiver) {
      seen.push(String(key));
      gc();
      return Reflect.get(target, key, receiver);
    },
    apply: (target, self, args) => (gc(), Reflect.apply(target, self, args)),
  };
  const deep = (f) => new Proxy({ m: new Proxy({ f: new Proxy(f, handler) }, handler) }, handler);
  for (const f of [(i) => i, async (i) => i, (i) => new Proxy({ valueOf: () => i }, handler)]) {
    const { exports } = await instantiateAsync(asking, deep(f));
    same(await exports.ask(4), 4);
  }
  list(seen.slice(0, 2), ["m", "f"]);
  // A proxy of a promise is no promise.
  same((await instantiateAsync(asking, deep(() => new Proxy(Promise.resolve(1), {})))).exports.ask(1) instanceof Promise, false);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  await rejects(TypeError, instantiateAsync(asking, proxy));
  await rejects(TypeError, instantiateAsync(asking, {}, new Stacklet(), proxy));
  await rejects(TypeError, instantiateAsync(asking, {}, new Proxy(new Stacklet(), {})));
});

test("getters that instantiate again", async () => {
  const inner = [];
  const imports = { get m() { if (inner.length < 5) inner.push(instantiateAsync(asking, imports, stacklet)); gc(); return { f: (i) => i }; } };
  const stacklet = new Stacklet();
  const { exports } = await instantiateAsync(asking, imports, stacklet);
  same(exports.ask(3), 3);
  for (const promise of inner) same((await promise).exports.ask(4), 4);
  same(inner.length, 5);
  const error = new Error("mine");
  await rejects(error, instantiateAsync(asking, {}, stacklet, { get m() { throw error; } }));
  await rejects(error, instantiateAsync(asking, {}, stacklet, { m: { get f() { throw error; } } }));
});

test("receivers and constructors that are something else", () => {
  const state = (of) => Object.getOwnPropertyDescriptor(of.prototype, "state").get;
  for (const receiver of [undefined, null, 1, {}, Object.create(Suspender.prototype), Suspender.prototype, new Stacklet(), () => 1]) {
    throws(TypeError, () => state(Suspender).call(receiver), /not a Suspender/);
    throws(TypeError, () => Suspender.prototype.returnPromiseOnSuspend.call(receiver, maker.make), /not a Suspender/);
  }
  for (const receiver of [undefined, {}, Stacklet.prototype, new Suspender()]) throws(TypeError, () => state(Stacklet).call(receiver), /not a Stacklet/);
  throws(TypeError, () => Stacklet());
  holds(new (class extends Stacklet {})() instanceof Stacklet);
  same(Object.getPrototypeOf(Reflect.construct(Suspender, [], Object)), Object.prototype);
});

test("make calls Stacklet.from again", async () => {
  let depth = 0;
  const made = [];
  during = () => { if (depth++ < 5) made.push(Stacklet.from(maker.calls, maker.idle)); };
  made.push(Stacklet.from(maker.calls, maker.idle));
  same(made.length, 6);
  for (const stacklet of made) same((await make((i) => i, stacklet)).ask(5), 5);
  let error;
  during = () => Stacklet.from(maker.calls, maker.idle);
  try { during(); } catch (caught) { error = caught; }
  holds(error instanceof RangeError, String(error));
  const exports = await make((i) => i, stack());
  same(exports.ask(6), 6);
  during = () => exports.ask(1);
  same((await make((i) => i, Stacklet.from(maker.calls, maker.idle))).ask(2), 2);
  during = () => {};
});

test("two stacklets from one continuation", async () => {
  const from = () => Stacklet.from(maker.same, maker.idle);
  const a = from();
  throws(TypeError, from, /given to another Stacklet/);
  const first = await make(() => later().then(() => 3), a);
  const answer = first.ask(1);
  throws(TypeError, from, /given to another Stacklet/);
  same(a.state, "suspended");
  same(await answer, 3);
  same(a.state, "idle");
  throws(TypeError, from, /given to another Stacklet/);
});

test("what serves no calls is refused", () => {
  throws(TypeError, () => Stacklet.from(maker.numbers, maker.idle), /takes one function reference/);
  throws(TypeError, () => Stacklet.from(maker.make, maker.number), /result is a function reference/);
  throws(TypeError, () => Stacklet.from(bindAsync(new Suspender().returnPromiseOnSuspend(maker.make)), maker.idle), /an exported function/);
});

const typed = module`(module (type $t (func)) (func $f) (elem declare func $f)
  (func (export "gives") (result (ref $t)) (ref.func $f))
  (func (export "takes") (param (ref null $t)))
  (func (export "some") (param (ref extern)))
  (func (export "any") (param anyref))
  (func (export "exn") (param exnref))
  (func (export "get") (result i32) (i32.const 7)))`;

test("types that cannot reach a stack of WebAssembly's: the stack stays idle", async () => {
  const stacklet = stack();
  const exports = (await instantiateAsync(typed, {}, stacklet)).exports;
  const caught = instance(`(module (import "m" "f" (func $f)) (func (export "g") (block $h (try_table (catch_all $h) (call $f)))))`, { m: { f: () => exports.gives() } });
  for (const name of ["gives", "takes", "some", "any"]) {
    const value = name === "some" ? {} : null;
    throws(RuntimeError, () => exports[name](value), /a value of type .* cannot reach/);
    same(stacklet.state, "idle");
    same(exports.get(), 7);
  }
  throws(RuntimeError, () => caught.g(), /cannot reach/);
  throws(TypeError, () => exports.exn(null));
  same(stacklet.state, "idle");
  // On any other stacklet they are as they are for a plain instance.
  const plain = (await instantiateAsync(typed, {})).exports;
  same(typeof plain.gives(), "function");
  same(plain.takes(null), undefined);
});

test("arguments that run JavaScript, which calls again", async () => {
  const [s, stacklet] = [new Suspender(), stack()];
  const plain = instance(`(module (import "m" "f" (func $f (param i32) (result i32))) (func (export "ask") (param i32) (result i32) (call $f (local.get 0))))`, { m: { f: s.suspendOnReturnedPromise((i) => later().then(() => i)) } });
  for (const call of [s.returnPromiseOnSuspend(plain.ask), (await make((i) => later().then(() => i), stacklet)).ask]) {
    let inner;
    const argument = { valueOf() { gc(); inner = call(1); return 2; } };
    throws(RuntimeError, () => call(argument), /suspended/);
    same(await inner, 1);
    same(await call(3), 3);
  }
});

test("results that run JavaScript stand between a call and its import", async () => {
  // `js` is a plain import: what converts its result is JavaScript, too.
  const text = `(module (import "m" "js" (func $js (result i32))) (import "m" "wait" (func $wait (result i32)))
    (func (export "js") (result i32) (call $js)) (func (export "wait") (result i32) (call $wait)))`;
  const s = new Suspender();
  let exports, error;
  const js = () => ({ valueOf() { try { exports.wait(); } catch (caught) { error = caught; } return 1; } });
  exports = instance(text, { m: { js, wait: s.suspendOnReturnedPromise(() => 5) } });
  same(s.returnPromiseOnSuspend(exports.js)(), 1);
  holds(error instanceof RuntimeError && /JavaScript stands between/.test(error.message), String(error));
  exports = instance(text, { m: { js, wait: new Suspending(() => 5) } });
  same(await promising(exports.js)(), 1);
  holds(error instanceof SuspendError && /frames of JavaScript function js/.test(error.message), String(error));
  exports = instance(text, { m: { js: mayWait(js), wait: mayWait(async () => 5) } });
  same(await bindAsync(exports.js)(), 1);
  holds(error instanceof SuspendError && /frames of JavaScript function js/.test(error.message), String(error));
});

test("a wrapped function stays wrapped", async () => {
  const stacklet = stack();
  const { ask } = await make((i) => later().then(() => i), stacklet);
  const bound = bindAsync(ask);
  const answer = bound(1);
  same(stacklet.state, "suspended");
  await rejects(RuntimeError, bound(1), /it has a call already/);
  same(await answer, 1);
  const s = new Suspender();
  throws(TypeError, () => s.returnPromiseOnSuspend(ask), /without a suspender, on no stack/);
  const plain = instance(`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`, { m: { f: s.suspendOnReturnedPromise(() => later().then(() => 4)) } });
  const wrapped = s.returnPromiseOnSuspend(plain.g);
  throws(TypeError, () => s.returnPromiseOnSuspend(wrapped), /without a suspender/);
  const both = bindAsync(wrapped);
  const first = both();
  same(s.state, "suspended");
  await rejects(RuntimeError, both(), /suspended/);
  same(await first, 4);
  // What is wrapped is no export: a sync import would lose the wrapper.
  const shared = new Stacklet();
  const exports = await make((i) => i, shared);
  const importing = module`(module (import "a" "ask" (func (param i32) (result i32))))`;
  for (const wrapper of [bindAsync(exports.ask), s.returnPromiseOnSuspend(exports.ask)]) {
    await rejects(TypeError, instantiateAsync(importing, {}, shared, { a: { ask: wrapper } }), /no export of an instance/);
  }
  for (const value of [mayWait(() => 1), alwaysWaits(() => 1), neverWaits(() => 1)]) {
    await rejects(TypeError, instantiateAsync(importing, {}, shared, { a: { ask: value } }), /no export of an instance/);
  }
});

test("recursion without end", async () => {
  const again = await make((i) => again.ask(i));
  throws(RangeError, () => again.ask(1));
  const under = await make((i) => under.ask(i), stack());
  throws(RuntimeError, () => under.ask(1), /active: it has a call already/);
  const made = [];
  for (let i = 1; i <= 40; i++) made.push(await make((n) => (i < 40 ? made[i].ask(n) : later().then(() => n)), stack()));
  same(await made[0].ask(9), 9);
  const stacklet = stack();
  const { endless, ask } = await make((i) => i, stacklet);
  throws(RangeError, () => endless());
  same(stacklet.state, "ended");
  throws(RuntimeError, () => ask(1), /has come to its end/);
  const other = await make((i) => i);
  throws(RangeError, () => other.endless());
  same(other.ask(1), 1);
});

test("circles of sync imports", async () => {
  const stacklet = new Stacklet();
  const even = (await instantiateAsync(module`(module (type $t (func (param i32) (result i32)))
    (import "m" "f" (func $f (param i32) (result i32)))
    (table (export "table") 1 funcref)
    (func (export "even") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (call $f (i32.const 1)))))
      (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))`,
    { m: { f: (i) => (gc(), later().then(() => i)) } }, stacklet)).exports;
  const odd = (await instantiateAsync(module`(module
    (import "a" "even" (func $even (param i32) (result i32))) (import "a" "table" (table 1 funcref))
    (elem (i32.const 0) $odd)
    (func $odd (export "odd") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
      (call $even (i32.sub (local.get 0) (i32.const 1)))))`, {}, stacklet, { a: even })).exports;
  list(await Promise.all([even.even(1000), odd.odd(999), odd.odd(1000), even.even(7)]), [1, 1, 0, 0]);
});

test("promises that are not as they seem", async () => {
  const error = new Error("mine");
  const wrap = (fields, value = Promise.resolve(7)) => Object.defineProperties(value, Object.getOwnPropertyDescriptors(fields));
  const { ask } = await make(() => promise);
  let promise = wrap({ get constructor() { throw error; } });
  throws(error, () => ask(1));
  promise = wrap({ get constructor() { gc(); return Promise; } });
  same(await ask(1), 7);
  promise = wrap({ then() { throw error; } });
  same(await ask(1), 7);
  promise = wrap({ constructor: class Mine { constructor(f) { f(() => {}, () => {}); } } });
  same(await ask(1), 7);
  promise = { __proto__: Promise.prototype };
  same(ask(1), 0);
  for (const reason of [undefined, null, 0, Promise.reject(1), Symbol.iterator]) {
    Promise.resolve(reason).catch(() => {});
    promise = Promise.reject(reason);
    const [caught] = await ask(1).then(() => ["fulfilled"], (caught) => [caught]);
    same(caught, reason);
  }
  promise = Promise.resolve(1n);
  await rejects(TypeError, ask(1));
});

test("objects dropped while calls wait", async () => {
  const settle = [];
  const calls = [];
  for (let i = 0; i < 20; i++) {
    let stacklet = i % 2 ? stack() : new Stacklet();
    let exports = await make(() => new Promise((resolve) => settle.push(resolve)), stacklet);
    calls.push(exports.ask(1));
    stacklet = exports = undefined;
    gc();
  }
  const lost = new Suspender().returnPromiseOnSuspend(instance(`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`, { m: { f: mayWait(() => new Promise(() => {})) } }).g);
  lost();
  gc();
  throws(RuntimeError, () => lost(), /suspended/);
  settle.reverse().forEach((resolve, i) => resolve(i));
  list(await Promise.all(calls), calls.map((_, i) => calls.length - 1 - i));
  // An export keeps its stacklet.
  let exports = await make((i) => i, stack());
  const { ask } = exports;
  exports = undefined;
  gc();
  same(ask(8), 8);
});

test("exports are the same as long as anybody has one of them", async () => {
  const stacklet = new Stacklet();
  const text = module`(module (import "f" "ask" (func $m (param i32) (result i32))) (export "again" (func $m)))`;
  let first = await make((i) => i, stacklet);
  const ask = first.ask;
  first = undefined;
  gc();
  same((await instantiateAsync(text, {}, stacklet, { f: { ask } })).exports.again, ask);
});

test("a stack that waits before it runs the call, and while it is made", async () => {
  const text = `(module
    (type $run (func)) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
    (tag $idle (export "idle") (result (ref $run)))
    (import "m" "f" (func $f (result i32)))
    (elem declare func $body)
    (func $body (param $run (ref $run))
      (loop $next (drop (call $f)) (call_ref $run (local.get $run)) (drop (call $f)) (local.set $run (suspend $idle)) (br $next)))
    (func (export "waits") (result (ref $stack)) (drop (call $f)) (cont.new $stack (ref.func $body)))
    (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $body))))`;
  let turns = 0;
  const made = instance(text, { m: { f: mayWait(() => (turns++, later())) } });
  throws(SuspendError, () => Stacklet.from(made.waits, made.idle));
  turns = 0;
  const stacklet = Stacklet.from(made.make, made.idle);
  const { ask } = await make((i) => i, stacklet);
  for (let i = 1; i < 4; i++) {
    const answer = ask(i);
    same(stacklet.state, "suspended");
    throws(RuntimeError, () => ask(1), /suspended/);
    same(await answer, i);
    same(turns, 2 * i);
  }
});

test("idle from inside the export ends the stack", async () => {
  const text = module`(module (type $run (func)) (import "m" "idle" (tag $idle (result (ref $run))))
    (func (export "f") (drop (suspend $idle))))`;
  const stacklet = stack();
  const { f } = (await instantiateAsync(text, { m: { idle: maker.idle } }, stacklet)).exports;
  throws(RuntimeError, () => f(), /left the call unfinished/);
  same(stacklet.state, "ended");
  throws(RuntimeError, () => f(), /has come to its end/);
});

test("an instance under a stack that is not idle", async () => {
  const stacklet = stack();
  const { ask } = await make(() => later(5).then(() => 1), stacklet);
  const answer = ask(1);
  const starts = module`(module (func $s) (start $s))`;
  await rejects(RuntimeError, instantiateAsync(starts, {}, stacklet), /suspended: it has a call already/);
  const { ask: other } = await make((i) => i, stacklet);
  throws(RuntimeError, () => other(1), /suspended/);
  same(await answer, 1);
  same(other(2), 2);
  await rejects(LinkError, instantiateAsync(asking, { m: { f: 1 } }, stacklet));
  same(stacklet.state, "idle");
});

await run();
