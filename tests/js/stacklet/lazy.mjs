// `lazy(load)`: a module is loaded when one of its functions is first called, on the caller's stack.
import { Stacklet, Suspender, instantiateAsync, lazy, mayWait } from "bident:stacklet";
import { test, run, same, list, holds, throws, rejects, later, module, SuspendError } from "../harness.mjs";

const { RuntimeError, LinkError, CompileError } = WebAssembly;

// `main(n)` is 1000 + what the late `f(n)` gives.
const primary = module`(module
  (import "late" "f" (func $f (param i32) (result i32)))
  (import "late" "g" (func $g (result i32)))
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1)
  (table (export "table") 1 funcref)
  (elem (i32.const 0) $f)
  (type $t (func (param i32) (result i32)))
  (func (export "main") (param i32) (result i32) (i32.add (i32.const 1000) (call $f (local.get 0))))
  (func (export "through table") (param i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 0)))
  (func (export "caught") (param i32) (result i32)
    (block $h (return (try_table (result i32) (catch_all $h) (call $f (local.get 0))))) (i32.const -1))
  (func (export "missing") (result i32) (call $g))
  (func (export "double") (param i32) (result i32) (i32.mul (i32.const 2) (local.get 0)))
  (func (export "get") (result i32) (i32.load (i32.const 0))))`;

// Uses what the primary exports, and what it imports; waits.
const late = module`(module
  (import "primary" "double" (func $double (param i32) (result i32)))
  (import "primary" "memory" (memory 1))
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (func (export "f") (param i32) (result i32)
    (i32.store (i32.const 0) (local.get 0))
    (call $double (call $wait (local.get 0)))))`;

function loader(give) {
  const calls = [];
  return { calls, load: () => (calls.push(0), give(calls.length)) };
}

const make = async (load, wait = (i) => i, stacklet) =>
  (await instantiateAsync(primary, { late: lazy(load), m: { wait } }, stacklet)).exports;

test("loaded at the first call, once; then calls are plain", async () => {
  const { calls, load } = loader(() => later().then(() => late));
  const { main, get, ["through table"]: indirect } = await make(load);
  same(calls.length, 0);
  const answer = main(5);
  holds(answer instanceof Promise);
  same(await answer, 1010);
  same(calls.length, 1);
  same(main(6), 1012);
  same(indirect(7), 14);
  same(get(), 7);
  same(calls.length, 1);
});

test("a loader that gives the module at once", async () => {
  const { calls, load } = loader(() => late);
  const { main } = await make(load);
  same(main(5), 1010);
  same(calls.length, 1);
});

test("two callers at the same time load it once, and other tasks go on", async () => {
  let ready;
  const { calls, load } = loader(() => new Promise((resolve) => (ready = resolve)));
  const { main, double } = await make(load);
  const both = [main(1), main(2)];
  let ticks = 0;
  for (let i = 0; i < 3; i++) { await later(); ticks += 1; same(double(i), 2 * i); }
  same(ticks, 3);
  same(calls.length, 1);
  gc();
  ready(late);
  list(await Promise.all(both), [1002, 1004]);
});

test("a thousand calls during the load", async () => {
  const { calls, load } = loader(() => later(5).then(() => late));
  const { main } = await make(load);
  const all = Array.from({ length: 1000 }, (_, i) => main(i));
  (await Promise.all(all)).forEach((value, i) => same(value, 1000 + 2 * i));
  same(calls.length, 1);
});

test("late functions may wait", async () => {
  const { load } = loader(async () => late);
  const { main } = await make(load, (i) => later().then(() => (gc(), i + 1)));
  list(await Promise.all([1, 2, 3].map((i) => main(i))), [1004, 1006, 1008]);
  same(await main(4), 1010);
});

test("a late function runs on its caller's stack: its effects reach the handlers there", async () => {
  const handles = module`(module
    (import "late" "f" (func $f (param i32) (result i32)))
    (import "m" "wait" (func (param i32) (result i32)))
    (type $work (func (result i32))) (type $cont (cont $work))
    (type $answer (func (param i32) (result i32))) (type $rest (cont $answer))
    (tag $effect (export "effect") (param i32) (result i32))
    (elem declare func $body)
    (func $body (type $work) (call $f (i32.const 3)))
    (func (export "handle") (result i32) (local $rest (ref null $rest))
      (block $asked (result i32 (ref $rest))
        (return (resume $cont (on $effect $asked) (cont.new $cont (ref.func $body)))))
      (local.set $rest)
      (resume $rest (i32.mul (i32.const 10)) (local.get $rest))))`;
  const suspends = module`(module
    (import "primary" "effect" (tag $effect (param i32) (result i32)))
    (import "m" "wait" (func $wait (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (i32.add (i32.const 1) (suspend $effect (call $wait (local.get 0))))))`;
  for (const load of [() => suspends, () => later().then(() => (gc(), suspends))]) {
    for (const wait of [(i) => i, (i) => later().then(() => i)]) {
      const { handle } = (await instantiateAsync(handles, { late: lazy(load), m: { wait } })).exports;
      const all = [handle(), handle()];
      list(await Promise.all(all), [31, 31]);
      same(await handle(), 31);
    }
  }
});

test("a load that fails is an error at each waiting call, and the next call tries again", async () => {
  const error = new Error("no network");
  const { calls, load } = loader((n) => later().then(() => { if (n === 1) throw error; return late; }));
  const { main, caught } = await make(load);
  const waiting = [main(1), caught(2), main(3)];
  await rejects(error, waiting[0]);
  same(await waiting[1], -1);
  await rejects(error, waiting[2]);
  same(calls.length, 1);
  same(await main(4), 1008);
  same(calls.length, 2);
  const thrower = loader((n) => { if (n === 1) throw error; return late; });
  const second = await make(thrower.load);
  throws(error, () => second.main(1));
  same(second.main(1), 1002);
});

test("what a loader may give wrong", async () => {
  for (const give of [() => 5, async () => 5, () => ({}), async () => undefined]) {
    const { main } = await make(give);
    const failed = await Promise.resolve().then(() => main(1)).then(() => undefined, (error) => error);
    holds(failed instanceof TypeError, `${failed}`);
    holds(/loads "late" must give a WebAssembly.Module/.test(failed.message), failed.message);
  }
  const broken = await make(async () => new WebAssembly.Module(new Uint8Array(3)));
  await rejects(CompileError, broken.main(1));
  // It asks for what is not there.
  const asks = module`(module (import "primary" "nothing" (func)) (func (export "f") (param i32) (result i32) (local.get 0)))`;
  await rejects(LinkError, (await make(async () => asks)).main(1), /primary.nothing/);
  const traps = module`(module (func $s unreachable) (start $s) (func (export "f") (param i32) (result i32) (local.get 0)))`;
  await rejects(RuntimeError, (await make(async () => traps)).main(1), /unreachable/);
  const other = module`(module (func (export "f") (result i32) (i32.const 1)))`;
  await rejects(LinkError, (await make(async () => other)).main(1), /late.f/);
  const { missing, main } = await make(async () => late);
  await rejects(LinkError, missing(), /`late.g`.*is not in the module/);
  same(main(1), 1002);
  throws(TypeError, () => lazy(5), /a function that gives a module/);
});

test("WebAssembly catches what the loader throws, but no error of linking and no trap", async () => {
  const error = new Error("mine");
  const giving = [() => { throw error; }, () => Promise.reject(error), () => later().then(() => { throw error; })];
  for (const give of giving) same(await (await make(give)).caught(1), -1);
  const asks = module`(module (import "primary" "nothing" (func)) (func (export "f") (param i32) (result i32) (local.get 0)))`;
  const traps = module`(module (func $s unreachable) (start $s) (func (export "f") (param i32) (result i32) (local.get 0)))`;
  for (const [wrong, type] of [[asks, LinkError], [traps, RuntimeError]]) {
    throws(type, (await make(() => wrong)).caught);
    await rejects(type, (await make(async () => wrong)).caught(1));
  }
});

test("the start function of a late module cannot wait", async () => {
  const starts = module`(module (import "m" "wait" (func $wait (param i32) (result i32)))
    (func $start (drop (call $wait (i32.const 9)))) (start $start)
    (func (export "f") (param i32) (result i32) (local.get 0)))`;
  let answer = () => later();
  const { main } = await make(async () => starts, (i) => answer(i));
  await rejects(SuspendError, main(1), /import "m" "wait"/);
  // The next call loads it again.
  answer = (i) => i;
  same(await main(1), 1001);
});

test("where nothing can wait: a SuspendError; the load goes on", async () => {
  const { calls, load } = loader(() => later().then(() => late));
  const { main, table } = { ...(await make(load)) };
  const text = module`(module (import "m" "f" (func $f (param i32) (result i32))) (func (export "f") (param i32) (result i32) (call $f (local.get 0))))`;
  const plain = new WebAssembly.Instance(text, { m: { f: (await make(load)).table.get(0) } });
  throws(SuspendError, () => plain.exports.f(1));
  same(await WebAssembly.promising(plain.exports.f)(2), 4);
  same(await main(1), 1002);
  same(table.length, 1);
  same(calls.length, 2);
});

test("a loader that calls back in", async () => {
  let exports;
  const { calls, load } = loader((n) => {
    // The load is under way: this call waits for it.
    const nested = exports.main(7);
    return later().then(() => { nested.then((v) => (exports.seen = v)); return late; }).then((m) => m);
  });
  exports = { ...(await make(load)) };
  same(await exports.main(1), 1002);
  await later();
  same(exports.seen, 1014);
  same(calls.length, 1);
});

test("a call that begins while the late module is instantiated waits for it", async () => {
  const starts = module`(module (import "m" "wait" (func $wait (param i32) (result i32)))
    (func $start (drop (call $wait (i32.const 9)))) (start $start)
    (func (export "f") (param i32) (result i32) (local.get 0)))`;
  for (const load of [() => starts, () => later().then(() => starts)]) {
    let nested;
    const exports = await make(load, (i) => ((nested = exports.main(i)), i));
    same(await exports.main(1), 1001);
    holds(nested instanceof Promise);
    same(await nested, 1009);
    same(exports.main(2), 1002);
  }
});

test("a promise that cannot be awaited is an error at each call", async () => {
  const error = new Error("mine");
  let exports, nested;
  const { load } = loader((n) => {
    if (n > 1) return late;
    nested = exports.main(7);
    return Object.defineProperty(Promise.resolve(late), "constructor", { get() { throw error; } });
  });
  exports = await make(load);
  throws(error, () => exports.main(1));
  await rejects(error, nested);
  same(exports.main(2), 1004);
});

test("in a suspender's call", async () => {
  const { load } = loader(() => later().then(() => late));
  const s = new Suspender();
  const { main } = await make(load, s.suspendOnReturnedPromise((i) => later().then(() => i)));
  const call = s.returnPromiseOnSuspend(main);
  const answer = call(3);
  same(s.state, "suspended");
  throws(RuntimeError, () => call(1), /suspended/);
  same(await answer, 1006);
  same(s.state, "inactive");
});

test("under a stack that WebAssembly made", async () => {
  const maker = module`(module (type $run (func)) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
    (tag $idle (export "idle") (result (ref $run))) (elem declare func $serve)
    (func $serve (param $run (ref $run)) (loop $n (call_ref $run (local.get $run)) (local.set $run (suspend $idle)) (br $n)))
    (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $serve))))`;
  const { make: made, idle } = new WebAssembly.Instance(maker).exports;
  const stacklet = Stacklet.from(made, idle);
  const { main } = await make(() => later().then(() => late), (i) => later().then(() => i), stacklet);
  const answer = main(5);
  same(stacklet.state, "suspended");
  same(await answer, 1010);
  same(await main(6), 1012);
});

test("each instance loads for itself, from one loader", async () => {
  const { calls, load } = loader(async () => late);
  const namespace = lazy(load);
  const all = [];
  for (let i = 0; i < 3; i++) all.push((await instantiateAsync(primary, { late: namespace, m: { wait: mayWait((i) => i) } })).exports);
  list(await Promise.all(all.map(({ main }) => main(2))), [1004, 1004, 1004]);
  same(calls.length, 3);
});

test("what the first module is called, and what cannot be late", async () => {
  const named = module`(module (import "first" "double" (func $double (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $double (local.get 0))))`;
  const imports = (late) => ({ late, m: { wait: (i) => i } });
  const { main } = (await instantiateAsync(primary, imports(lazy(async () => named, "first")))).exports;
  same(await main(5), 1010);
  const { main: other } = (await instantiateAsync(primary, imports(lazy(async () => named)))).exports;
  await rejects(LinkError, other(5), /first.double/);
  await rejects(LinkError, instantiateAsync(module`(module (import "late" "g" (global i32)))`, imports(lazy(async () => named))));
});

await run();
