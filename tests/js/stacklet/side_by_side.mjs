// The table of docs/side-by-side.md: a test for each row, in each of the four designs.
import { Stacklet, Suspender, bindAsync, instantiateAsync, mayWait, neverWaits } from "bident:stacklet";
import { test, run, same, list, holds, throws, rejects, later, module, instance, promising, Suspending, SuspendError } from "../harness.mjs";

const { RuntimeError } = WebAssembly;

// `main` and `inner` read; `js` calls JavaScript.
const text = `(module
  (import "m" "read" (func $read (result i32)))
  (import "m" "js" (func $js (result i32)))
  (func (export "main") (result i32) (i32.add (i32.const 1) (call $read)))
  (func (export "inner") (result i32) (i32.add (i32.const 10) (call $read)))
  (func (export "js") (result i32) (i32.add (i32.const 100) (call $js)))
  (func (export "caught") (result i32)
    (block $h (return (try_table (result i32) (catch_all $h) (call $js)))) (i32.const -1))
  (func (export "takes") (param i32) (result i32) (local.get 0))
  (func (export "trap") (result i32) unreachable)
  (func (export "get") (result i32) (i32.const 7)))`;
const program = module([text]);

// Each design: what it makes of the functions, and how a call that can wait is made of an export.
const designs = {
  march: async (read, js) => ({ plain: instance(text, { m: { read: mayWait(read), js } }), outer: bindAsync, inner: bindAsync }),
  may: async (read, js) => {
    const { exports } = await instantiateAsync(program, { m: { read, js } });
    return { plain: exports, outer: (f) => f, inner: (f) => f };
  },
  june: async (read, js) => {
    const [outer, other] = [new Suspender(), new Suspender()];
    const plain = instance(text, { m: { read: outer.suspendOnReturnedPromise(read), js } });
    return { plain, outer: (f) => outer.returnPromiseOnSuspend(f), inner: (f) => other.returnPromiseOnSuspend(f) };
  },
  jspi: async (read, js) => ({ plain: instance(text, { m: { read: new Suspending(read), js } }), outer: promising, inner: promising }),
};

// Runs `check(design, kind)` for each; `kinds` are the row's cells.
async function each(kinds, read, js, check) {
  same(Object.keys(kinds).length, 4);
  for (const [name, make] of Object.entries(designs)) {
    const design = await make(read, js);
    await check(design, kinds[name]);
  }
}

const none = () => 0;
const eventually = () => later().then(() => 5);

test("a call that met no promise", () =>
  each({ march: true, may: false, june: false, jspi: true }, none, none, async ({ plain, outer }, promised) => {
    const answer = outer(plain.takes)(4);
    same(answer instanceof Promise, promised);
    same(await answer, 4);
  }));

test("what is chosen", async () => {
  // An import that nothing was said of waits only in May's; so does an export that nothing was said of.
  const { plain: may } = await designs.may(eventually, eventually);
  same(await may.js(), 105);
  same(await may.main(), 6);
  for (const name of ["march", "june", "jspi"]) {
    const { plain, outer } = await designs[name](eventually, eventually);
    same(await outer(plain.js)(), 100); // NaN, as 0
    same(await outer(plain.main)(), 6);
    throws(name === "june" ? RuntimeError : SuspendError, () => plain.main());
  }
  // Only a suspender says that the two belong together.
  const { plain, inner } = await designs.june(eventually, none);
  throws(RuntimeError, () => inner(plain.main)(), /its suspender is inactive/);
});

test("a plain value of the import", () =>
  each({ march: false, may: false, june: false, jspi: true }, none, none, async ({ plain, outer }, waits) => {
    const order = [];
    const answer = Promise.resolve(outer(plain.main)()).then(() => order.push("main"));
    Promise.resolve().then(() => order.push("turn 1")).then(() => order.push("turn 2"));
    await answer;
    await 0;
    list(order.slice(0, 2), waits ? ["turn 1", "main"] : ["main", "turn 1"]);
  }));

test("the turn after a promise", async () => {
  const order = [];
  const js = () => (order.push("main"), 0);
  const both = `(module (import "m" "read" (func $read (result i32))) (import "m" "js" (func $js (result i32)))
    (func (export "f") (result i32) (i32.add (call $read) (call $js))))`;
  const read = () => Promise.resolve(1);
  const s = new Suspender();
  const plain = (read) => instance(both, { m: { read, js } }).f;
  const made = await instantiateAsync(module([both]), { m: { read, js } });
  const calls = [
    bindAsync(plain(mayWait(read))),
    made.exports.f,
    s.returnPromiseOnSuspend(plain(s.suspendOnReturnedPromise(read))),
    promising(plain(new Suspending(read))),
  ];
  for (const call of calls) {
    order.length = 0;
    Promise.resolve().then(() => order.push("turn 1")).then(() => order.push("turn 2"));
    same(await call(), 1);
    list(order.slice(0, 3), ["turn 1", "main", "turn 2"]);
  }
});

// A stack that WebAssembly made, see docs/stacklets.md.
const maker = instance(`(module
  (type $run (func)) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
  (tag $idle (export "idle") (result (ref $run)))
  (elem declare func $body)
  (func $body (param $run (ref $run))
    (loop $next (call_ref $run (local.get $run)) (local.set $run (suspend $idle)) (br $next)))
  (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $body))))`);
const onMade = async (read) => (await instantiateAsync(program, { m: { read, js: none } }, Stacklet.from(maker.make, maker.idle))).exports;

test("a small export while a call waits", async () => {
  await each({ march: 7, may: 7, june: 7, jspi: 7 }, eventually, none, async ({ plain, outer }, value) => {
    const answer = outer(plain.main)();
    same(plain.get(), value);
    same(await answer, 6);
  });
  const { main, get } = await onMade(eventually);
  const answer = main();
  throws(RuntimeError, () => get(), /it has a call already/);
  same(await answer, 6);
  same(get(), 7);
  const june = await designs.june(eventually, none);
  const waiting = june.outer(june.plain.main)();
  throws(RuntimeError, () => june.outer(june.plain.get)(), /the suspender is suspended/);
  await waiting;
});

test("the same export while its call waits", async () => {
  await each({ march: true, may: true, june: false, jspi: true }, eventually, none, async ({ plain, outer }, own) => {
    const call = outer(plain.main);
    const answer = call();
    if (own) same(await call(), 6);
    else throws(RuntimeError, () => call(), /the suspender is suspended/);
    same(await answer, 6);
  });
  const { main } = await onMade(eventually);
  const answer = main();
  throws(RuntimeError, () => main(), /it has a call already/);
  await answer;
});

test("the order in which calls end", async () => {
  let settle;
  const read = () => new Promise((resolve) => settle.push(resolve));
  const check = async (calls) => {
    const order = [];
    const answers = calls.map((call, i) => call().then(() => order.push(i)));
    for (const i of [1, 2, 0]) {
      settle[i](i);
      await answers[i];
    }
    list(order, [1, 2, 0]);
  };
  for (const name of ["march", "may", "jspi"]) {
    settle = [];
    const { plain, outer } = await designs[name](read, none);
    await check(Array(3).fill(outer(plain.main)));
  }
  settle = [];
  const three = await Promise.all([1, 2, 3].map(() => designs.june(read, none)));
  await check(three.map(({ plain, outer }) => outer(plain.main)));
});

test("JavaScript between call and import", async () => {
  for (const name of Object.keys(designs)) {
    // In May's the inner call is one of a plain instance: every other could wait.
    const reads = instance(`(module (import "m" "f" (func $f (result i32))) (func (export "main") (result i32) (call $f)))`, { m: { f: mayWait(eventually) } });
    let inner;
    const between = () => inner();
    const { plain, outer } = await designs[name](eventually, between);
    inner = name === "may" ? reads.main : plain.main;
    const [type, pattern] = name === "june" ? [RuntimeError, /JavaScript stands between it/] : [SuspendError, /between/];
    let error;
    try { await outer(plain.js)(); } catch (caught) { error = caught; }
    holds(error instanceof type, `${name}: ${error}`);
    holds(pattern.test(error.message), error.message);
  }
});

test("WebAssembly catches that error", async () => {
  for (const name of Object.keys(designs)) {
    const reads = instance(`(module (import "m" "f" (func $f (result i32))) (func (export "main") (result i32) (call $f)))`, { m: { f: mayWait(eventually) } });
    let inner;
    const { plain, outer } = await designs[name](eventually, () => inner());
    inner = name === "may" ? reads.main : plain.main;
    if (name === "june") throws(RuntimeError, () => outer(plain.caught)(), /JavaScript stands between it/);
    else same(await outer(plain.caught)(), -1);
  }
});

test("an import meant for an outer call", async () => {
  let inner;
  const got = [];
  const between = () => {
    const answer = inner();
    got.push(answer);
    return answer;
  };
  for (const [name, total] of Object.entries({ march: 100, may: 115, jspi: 100 })) {
    const design = await designs[name](eventually, between);
    inner = design.inner(design.plain.inner);
    same(await design.outer(design.plain.js)(), total, name);
    const answer = got.pop();
    holds(answer instanceof Promise, name);
    same(await answer, 15);
  }
  const { plain, outer, inner: other } = await designs.june(eventually, between);
  inner = other(plain.inner);
  throws(RuntimeError, () => outer(plain.js)(), /JavaScript stands between it/);
  same(got.length, 0);
});

test("a call from nowhere meets a promise", async () => {
  const { plain: march } = await designs.march(eventually, none);
  throws(SuspendError, () => march.main());
  same((await designs.march(none, none)).plain.main(), 1);
  same(await (await designs.may(eventually, none)).plain.main(), 6);
  throws(RuntimeError, (await designs.june(eventually, none)).plain.main, /its suspender is inactive/);
  throws(SuspendError, (await designs.jspi(eventually, none)).plain.main);
  throws(SuspendError, (await designs.jspi(none, none)).plain.main);
});

test("a start function that waits", async () => {
  const text = `(module (import "m" "f" (func $f (result i32))) (func $start (drop (call $f))) (start $start))`;
  throws(SuspendError, () => instance(text, { m: { f: mayWait(eventually) } }));
  holds((await instantiateAsync(module([text]), { m: { f: eventually } })) instanceof WebAssembly.Instance);
  throws(RuntimeError, () => instance(text, { m: { f: new Suspender().suspendOnReturnedPromise(eventually) } }), /its suspender is inactive/);
  throws(SuspendError, () => instance(text, { m: { f: new Suspending(eventually) } }));
});

test("an error before the first wait", async () => {
  const error = new Error("mine");
  const fail = () => { throw error; };
  await each({ march: true, may: false, june: false, jspi: true }, fail, none, async ({ plain, outer }, rejected) => {
    if (rejected) {
      await rejects(error, outer(plain.main)());
      await rejects(RuntimeError, outer(plain.trap)());
    } else {
      throws(error, outer(plain.main));
      throws(RuntimeError, outer(plain.trap));
    }
  });
});

test("arguments that cannot be converted", () =>
  each({ march: true, may: false, june: false, jspi: true }, none, none, async ({ plain, outer }, rejected) => {
    if (rejected) await rejects(TypeError, outer(plain.takes)(1n));
    else throws(TypeError, () => outer(plain.takes)(1n));
  }));

test("a promise as a value", async () => {
  const text = `(module (import "m" "f" (func $f (result externref))) (func (export "g") (result externref) (call $f)))`;
  const promise = Promise.resolve(1);
  let got;
  const see = `(module (import "m" "f" (func $f (result externref))) (import "m" "see" (func $see (param externref)))
    (func (export "g") (call $see (call $f))))`;
  const host = (f) => ({ m: { f, see: (value) => { got = value; } } });
  const calls = [
    bindAsync(instance(see, host(neverWaits(() => promise))).g),
    (await instantiateAsync(module([see]), host(neverWaits(() => promise)))).exports.g,
    new Suspender().returnPromiseOnSuspend(instance(see, host(() => promise)).g),
    promising(instance(see, host(() => promise)).g),
  ];
  for (const call of calls) {
    got = undefined;
    await call();
    same(got, promise);
  }
  // As a result it is the value itself, where a value can be given.
  same((await instantiateAsync(module([text]), { m: { f: neverWaits(() => promise) } })).exports.g(), promise);
});

test("another module on the caller's stack", async () => {
  const linked = `(module (import "m" "main" (func $main (result i32))) (func (export "g") (result i32) (i32.mul (i32.const 2) (call $main))))`;
  for (const name of ["march", "june", "jspi"]) {
    const { plain, outer } = await designs[name](eventually, none);
    same(await outer(instance(linked, { m: plain }).g)(), 12, name);
  }
  const { plain } = await designs.march(eventually, none);
  same(await (await instantiateAsync(module([linked]), { m: plain })).exports.g(), 12);
  const stacklet = new Stacklet();
  const first = (await instantiateAsync(program, { m: { read: eventually, js: none } }, stacklet)).exports;
  same(await (await instantiateAsync(module([linked]), {}, stacklet, { m: first })).exports.g(), 12);
  await rejects(TypeError, instantiateAsync(module([linked]), {}, new Stacklet(), { m: first }), /sync import "m" "main"/);
});

await run();
