// `instantiateAsync` and `Stacklet`: rule by rule, as docs/stacklets.md has them.
import { Stacklet, instantiateAsync, mayWait, neverWaits, alwaysWaits, bindAsync } from "bident:stacklet";
import { test, run, same, list, holds, throws, rejects, later, module, instance, promising, SuspendError } from "../harness.mjs";

const { RuntimeError, LinkError } = WebAssembly;

// `main(n)` asks for each number from n down to 1 and gives the sum of the answers.
const asking = module`(module
  (import "m" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "main") (param i32) (result i32) (local $sum i32)
    (loop $next
      (if (i32.eqz (local.get 0)) (then (return (local.get $sum))))
      (local.set $sum (i32.add (local.get $sum) (call $ask (local.get 0))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br $next))
    unreachable)
  (func (export "get") (result i32) (i32.const 7)))`;

const make = async (ask, stacklet) => (await instantiateAsync(asking, { m: { ask } }, stacklet)).exports;

test("rule 1: it succeeds where instantiate does, and fails with the same error", async () => {
  const text = `(module (import "m" "f" (func (result i32))) (import "m" "g" (global i32)) (import "m" "h" (memory 1)))`;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const all = { m: { f() {}, g: 5, h: memory } };
  const broken = [
    undefined, {}, { m: 1 }, { m: {} }, { m: { ...all.m, f: 5 } }, { m: { ...all.m, g: "x" } }, { m: { ...all.m, h: {} } },
    { get m() { throw new RangeError("mine"); } }, null,
  ];
  const subject = module([text]);
  holds((await instantiateAsync(subject, all)) instanceof WebAssembly.Instance);
  for (const imports of broken) {
    const errors = [];
    for (const make of [WebAssembly.instantiate, instantiateAsync]) {
      errors.push(await make(subject, imports).then(() => undefined, (error) => error));
    }
    holds(errors[0] !== undefined, "instantiate fails");
    same(errors[1]?.constructor, errors[0].constructor);
    if (imports !== null) same(errors[1].message, errors[0].message);
  }
  // Segments that do not fit, and start functions that trap.
  for (const text of ["(module (memory 1) (data (i32.const 65536) \"x\"))", "(module (func $f unreachable) (start $f))"]) {
    await rejects(RuntimeError, WebAssembly.instantiate(module([text])));
    await rejects(RuntimeError, instantiateAsync(module([text])));
  }
});

test("rule 1: imports are read in the same order, each once", async () => {
  const seen = [];
  const imports = { get m() { seen.push("m"); return { get ask() { seen.push("ask"); return () => 1; } }; } };
  await instantiateAsync(asking, imports);
  list(seen, ["m", "ask"]);
});

test("rule 2: a plain value goes on at once, and the export gives a value", async () => {
  const { main, get } = await make((i) => i);
  same(main(10), 55);
  same(get(), 7);
  same(main.length, 1);
});

test("rule 2: where an import gives a promise, so does the export", async () => {
  const ways = [(i) => Promise.resolve(i), async (i) => i, (i) => later().then(() => i), (i) => (i % 2 ? i : Promise.resolve(i))];
  for (const way of ways) {
    const { main } = await make((i) => (gc(), way(i)));
    const answer = main(10);
    holds(answer instanceof Promise);
    same(await answer, 55);
    same(await main(3), 6);
  }
});

test("rule 2: a promise is awaited whatever the result type is", async () => {
  const way = (value) => [() => Promise.resolve(value), () => later().then(() => value)];
  for (const [type, value, expected] of [["", 5, undefined], ["i64", 5n, 5n], ["f32", 0.1, Math.fround(0.1)], ["f64", 2.5, 2.5], ["externref", "x", "x"], ["funcref", null, null]]) {
    const text = module([`(module (import "m" "f" (func $f (result ${type}))) (func (export "g") (result ${type}) (call $f)))`]);
    for (const f of way(value)) {
      const answer = (await instantiateAsync(text, { m: { f } })).exports.g();
      holds(answer instanceof Promise, type);
      same(await answer, expected, type);
    }
  }
  const many = module`(module (import "m" "f" (func $f (result i32 i64))) (func (export "g") (result i64 i32) (local i64) (call $f) (local.set 0) (local.get 0) (call $swap))
    (func $swap (param i32 i64) (result i64 i32) (local.get 1) (local.get 0)))`;
  for (const f of way([1, 2n])) list(await (await instantiateAsync(many, { m: { f } })).exports.g(), [2n, 1]);
});

test("a plain value before any promise is thrown or given at once", async () => {
  const error = new RangeError("mine");
  const { main } = await make(() => { throw error; });
  throws(error, () => main(1));
  const rejected = await make(() => Promise.reject(error));
  await rejects(error, rejected.main(1));
  const trap = (await instantiateAsync(module`(module (func (export "f") unreachable))`)).exports.f;
  throws(RuntimeError, () => trap(), /unreachable/);
});

test("only promises are waited for; other objects are values", async () => {
  let asked = 0;
  const thenable = { then() { asked += 1; }, valueOf: () => 5 };
  const { main } = await make(() => thenable);
  same(main(2), 10);
  same(asked, 0);
  class Mine extends Promise {}
  same(await (await make((i) => Mine.resolve(i))).main(4), 10);
});

test("an externref that is a promise is awaited by async imports only", async () => {
  const text = module`(module (import "m" "f" (func $f (result externref))) (func (export "g") (result externref) (call $f)))`;
  const promise = Promise.resolve("value");
  const waiting = (await instantiateAsync(text, { m: { f: () => promise } })).exports.g();
  same(await waiting, "value");
  const never = (await instantiateAsync(text, { m: { f: neverWaits(() => promise) } })).exports.g();
  same(never, promise);
});

test("rule 3: each call is on its own; getters answer while others wait, and calls end in any order", async () => {
  const settle = [];
  const { main, get } = await make(() => new Promise((resolve) => settle.push(resolve)));
  const calls = [0, 1, 2, 3, 4].map(() => main(1));
  same(get(), 7);
  gc();
  for (const i of [3, 0, 4, 2, 1]) settle[i](i + 100);
  list(await Promise.all(calls), [100, 101, 102, 103, 104]);
});

test("rule 3: a call deep inside WebAssembly calls JavaScript on the host's stack", async () => {
  const text = module`(module (import "m" "f" (func $f (param i32) (result i32)))
    (func $deep (export "deep") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (call $f (i32.const 1)))))
      (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))))`;
  // More frames of JavaScript than a stacklet takes, and another call from there.
  const recurse = (n, last) => (n === 0 ? last() : 1 + recurse(n - 1, last));
  let calls = 0;
  const f = (i) => (calls++ ? i : recurse(500, () => exports.deep(20)));
  const { exports } = await instantiateAsync(text, { m: { f } });
  same(exports.deep(2000), 2000 + 500 + 21);
  // A nested call of JavaScript's waits for itself.
  let inner = 0;
  const nesting = (await instantiateAsync(text, { m: { f: (i) => (inner++ ? i : Promise.resolve(nesting.deep(5)).then((v) => v * 10)) } })).exports;
  same(await nesting.deep(3), 63);
});

test("rule 3: a trap and an exception after a promise end that call only", async () => {
  const text = module`(module (import "m" "f" (func $f (param i32) (result i32)))
    (func (export "g") (param i32) (result i32) (i32.div_s (i32.const 6) (call $f (local.get 0)))))`;
  const error = new Error("mine");
  const f = (i) => later(i).then(() => { if (i === 1) throw error; return i; });
  const { g } = (await instantiateAsync(text, { m: { f } })).exports;
  const calls = [g(3), g(0), g(1), g(2)];
  await rejects(RuntimeError, calls[1], /divi/);
  await rejects(error, calls[2]);
  list([await calls[3], await calls[0], await g(6)], [3, 2, 1]);
});

test("a promise where no call can wait is a SuspendError", async () => {
  const { exports } = await instantiateAsync(asking, { m: { ask: () => Promise.resolve(1) } });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  throws(TypeError, () => table.set(0, exports.main));
  const plain = instance(`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`, { m: { f: mayWait(() => Promise.resolve(1)) } });
  throws(SuspendError, () => plain.g(), /import "m" "f".*no call/);
  // Promising calls and bound ones are calls that can wait.
  same(await promising(plain.g)(), 1);
  same(await bindAsync(plain.g)(), 1);
});

test("between the call and its import stands JavaScript: a SuspendError names it", async () => {
  const middle = module`(module (import "m" "js" (func $js (result i32))) (func (export "g") (result i32) (call $js)))`;
  const inner = instance(`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`, { m: { f: mayWait(() => Promise.resolve(1)) } });
  const between = () => inner.g();
  const { g } = (await instantiateAsync(middle, { m: { js: between } })).exports;
  throws(SuspendError, () => g(), /between.*import "m" "js"/);
});

test("rule 3: an export of another instance, as an import, gives its promise to the call that waits", async () => {
  // `main` of each is an import of the next: three calls wait, each on its own stacklet.
  for (const stacklet of [undefined, new Stacklet()]) {
    const order = [];
    const first = await make((i) => later().then(() => (order.push(`answer ${i}`), i)), stacklet);
    const second = await make(first.main, stacklet);
    const third = await make(second.main, stacklet);
    const answer = third.main(2).then((value) => (order.push("end"), value));
    order.push("caller");
    // From 2: 2 + 1, and 1; from 1: 1.
    same(await answer, 5);
    list(order, ["caller", "answer 2", "answer 1", "answer 1", "answer 1", "end"]);
    same(first.get() + second.get() + third.get(), 21);
  }
});

test("rule 4: sync imports call the other instance on the same stack", async () => {
  const stacklet = new Stacklet();
  const first = await make((i) => later().then(() => i), stacklet);
  const text = module`(module (import "first" "main" (func $main (param i32) (result i32))) (import "first" "memory" (memory 1))
    (func (export "twice") (param i32) (result i32) (i32.mul (i32.const 2) (call $main (local.get 0)))))`;
  const second = (await instantiateAsync(text, {}, stacklet, { first })).exports;
  same(await second.twice(4), 20);
  list(await Promise.all([1, 2, 3].map((n) => second.twice(n))), [2, 6, 12]);
});

// Handles what `ask` suspends with, if only WebAssembly stands between.
const handling = module`(module
  (type $work (func (result i32))) (type $cont (cont $work)) (type $answer (func (param i32) (result i32))) (type $rest (cont $answer))
  (import "m" "effect" (tag $effect (param i32) (result i32)))
  (import "m" "ask" (func $ask (type $work)))
  (elem declare func $ask)
  (func (export "handle") (result i32)
    (block $asked (result i32 (ref $rest))
      (return (resume $cont (on $effect $asked) (cont.new $cont (ref.func $ask)))))
    (resume $rest)))`;
const effects = module`(module
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (tag $effect (export "effect") (param i32) (result i32))
  (func (export "ask") (result i32) (i32.add (i32.const 1) (suspend $effect (call $wait (i32.const 5))))))`;

test("rule 4: a call of a sync import switches no stack; one of any other import does", async () => {
  for (const wait of [(i) => i, (i) => later().then(() => i)]) {
    const stacklet = new Stacklet();
    const { ask, effect } = (await instantiateAsync(effects, { m: { wait } }, stacklet)).exports;
    const sync = await instantiateAsync(handling, { m: { effect } }, stacklet, { m: { ask } });
    same(await sync.exports.handle(), 6);
    for (const any of [undefined, stacklet]) {
      const other = await instantiateAsync(handling, { m: { effect, ask } }, any);
      await rejects(RuntimeError, (async () => other.exports.handle())(), /^unhandled tag$/);
    }
    // Without a stacklet the instance has one of its own.
    await rejects(TypeError, instantiateAsync(handling, { m: { effect } }, undefined, { m: { ask } }), /sync import "m" "ask"/);
  }
});

test("rule 4: an import that the sync imports lack comes from the others", async () => {
  const stacklet = new Stacklet();
  const first = await make((i) => i, stacklet);
  const text = module`(module (import "m" "main" (func $main (param i32) (result i32))) (import "m" "ask" (func $ask (param i32) (result i32)))
    (func (export "both") (param i32) (result i32) (i32.add (call $ask (i32.const 1)) (call $main (local.get 0)))))`;
  const second = await instantiateAsync(text, { m: { ask: async () => 100 } }, stacklet, { m: { main: first.main } });
  same(await second.exports.both(3), 106);
});

test("rule 4: anything else is a TypeError with import, instance and stacklet", async () => {
  const [a, b] = [new Stacklet(), new Stacklet()];
  const first = await make((i) => i, a);
  const text = module`(module (import "env" "call me" (func (param i32) (result i32))))`;
  const sync = (value) => instantiateAsync(text, {}, b, { env: { "call me": value } });
  await rejects(TypeError, sync(first.main), /sync import "env" "call me" must be an export of an instance of stacklet \d+, but it is an export of instance \d+ of stacklet \d+/);
  await rejects(TypeError, sync((i) => i), /no export of an instance/);
  await rejects(TypeError, sync(instance(`(module (func (export "f") (param i32) (result i32) (local.get 0)))`).f), /no export/);
  await rejects(TypeError, sync(5), /no export/);
  // However long the names are.
  const long = module([`(module (import "${"é".repeat(300)}" "f" (func)))`]);
  await rejects(TypeError, instantiateAsync(long, {}, b, { ["é".repeat(300)]: { f: first.main } }), /but it is an export of instance \d+ of stacklet \d+$/);
  await rejects(TypeError, instantiateAsync(text, {}, a, { env: 5 }), /must be an object/);
  await rejects(TypeError, instantiateAsync(text, {}, {}, {}), /a Stacklet/);
  await rejects(TypeError, instantiateAsync(text, 5), /an object of imports/);
  await rejects(TypeError, instantiateAsync({}), /a WebAssembly.Module/);
  await rejects(LinkError, instantiateAsync(text, {}, a, { env: { "call me": first.get } }), /type/);
});

test("exported functions directly given share the stack: no JavaScript in between", async () => {
  // `g` of a plain instance is linked, not called through JavaScript; its waits reach the async export.
  const inner = instance(`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`, { m: { f: mayWait(async () => 5) } });
  const outer = module`(module (import "m" "g" (func $g (result i32))) (func (export "h") (result i32) (i32.add (i32.const 1) (call $g))))`;
  same(await (await instantiateAsync(outer, { m: { g: inner.g } })).exports.h(), 6);
});

test("static knowledge: never, always, and by the value", async () => {
  const turns = [];
  const text = module`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`;
  const with_ = async (f) => (await instantiateAsync(text, { m: { f } })).exports.g();
  same(await with_(neverWaits(() => 3)), 3);
  const promise = with_(alwaysWaits(() => 4)).then((g) => turns.push(g));
  const g = (await instantiateAsync(text, { m: { f: alwaysWaits(() => 4) } })).exports.g();
  holds(g instanceof Promise, "always waits");
  same(await g, 4);
  await promise;
  list(turns, [4]);
  // A promise is a value like any other to an import that never waits.
  same(await with_(neverWaits(() => Promise.resolve(1))), 0);
  for (const mark of [mayWait, neverWaits, alwaysWaits]) throws(TypeError, () => mark(5), /needs a function/);
  for (const mark of [mayWait, neverWaits]) {
    const plain = instance(`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`, { m: { f: mark(() => 9) } });
    same(plain.g(), 9);
  }
});

test("the start function may wait; then the instance is there when it has ended", async () => {
  const text = module`(module (import "m" "f" (func $f (result i32))) (global $g (mut i32) (i32.const 0))
    (func $start (global.set $g (call $f))) (start $start) (func (export "g") (result i32) (global.get $g)))`;
  const order = [];
  const made = instantiateAsync(text, { m: { f: () => later().then(() => (order.push("answer"), 5)) } }).then((i) => (order.push("instance"), i));
  same((await made).exports.g(), 5);
  list(order, ["answer", "instance"]);
  same((await instantiateAsync(text, { m: { f: () => 6 } })).exports.g(), 6);
  const error = new Error("mine");
  await rejects(error, instantiateAsync(text, { m: { f: () => Promise.reject(error) } }));
  // Where nobody can wait: the promise is a value, or refused.
  same((await WebAssembly.instantiate(text, { m: { f: () => later().then(() => 5) } })).exports.g(), 0);
  await rejects(SuspendError, WebAssembly.instantiate(text, { m: { f: alwaysWaits(() => 5) } }));
  same((await instantiateAsync(text, { m: { f: alwaysWaits(() => 5) } })).exports.g(), 5);
});

test("exports are the same functions each time, and frozen", async () => {
  const stacklet = new Stacklet();
  const first = await make((i) => i, stacklet);
  const text = module`(module (import "f" "main" (func $m (param i32) (result i32))) (export "again" (func $m)))`;
  const second = (await instantiateAsync(text, {}, stacklet, { f: first })).exports;
  same(second.again, first.main);
  holds(Object.isFrozen(second));
  same(Object.getPrototypeOf(second), null);
});

test("arguments that cannot be converted, and exceptions of conversions", async () => {
  const { main } = await make((i) => i);
  throws(TypeError, () => main(1n));
  const error = new Error("mine");
  throws(error, () => main({ valueOf() { throw error; } }));
  const { main: bad } = await make(() => Promise.resolve({ valueOf() { throw error; } }));
  await rejects(error, bad(1));
});

test("many calls at once", async () => {
  const settle = [];
  const { main } = await make(() => new Promise((resolve) => settle.push(resolve)));
  const calls = Array.from({ length: 2000 }, () => main(1));
  settle.forEach((_, i) => settle[(i * 1231) % 2000]((i * 1231) % 2000));
  (await Promise.all(calls)).forEach((value, i) => same(value, i));
});

test("bindAsync always gives a promise", async () => {
  const plain = instance(`(module (func (export "f") (param i32) (result i32) (i32.div_s (i32.const 6) (local.get 0))))`);
  const f = bindAsync(plain.f);
  const answer = f(2);
  holds(answer instanceof Promise);
  same(await answer, 3);
  await rejects(RuntimeError, f(0));
  await rejects(TypeError, f(1n));
  throws(TypeError, () => bindAsync(() => 1), /a function that WebAssembly exported/);
});

test("bindAsync goes on until the call is complete, however often its imports wait", async () => {
  const seen = [];
  const ask = mayWait((i) => (seen.push(i), i % 3 ? later().then(() => i) : i));
  const main = bindAsync(new WebAssembly.Instance(asking, { m: { ask } }).exports.main);
  const answer = main(10);
  list(seen, [10]);
  same(await answer, 55);
  list(seen, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  const error = new Error("mine");
  const failing = mayWait((i) => later().then(() => { if (i === 2) throw error; return i; }));
  await rejects(error, bindAsync(new WebAssembly.Instance(asking, { m: { ask: failing } }).exports.main)(5));
});

test("WebAssembly.promising says why it takes no function that waits already", async () => {
  const { get } = await make(() => 1);
  throws(TypeError, () => WebAssembly.promising(get), /may return a promise by itself; bindAsync/);
  throws(TypeError, () => WebAssembly.promising(bindAsync(get)), /may return a promise by itself; bindAsync/);
  const plain = instance(`(module (func (export "f")))`).f;
  throws(TypeError, () => WebAssembly.promising(WebAssembly.promising(plain)), /promising one already/);
  throws(TypeError, () => WebAssembly.promising(() => 1), /a function that WebAssembly exported/);
});

test("a marked function is an object like any other", () => {
  for (const mark of [mayWait, neverWaits, alwaysWaits]) {
    const marked = mark(() => 1);
    holds(marked instanceof Object);
    holds(/^\[object /.test(String(marked)), String(marked));
  }
});

await run();
