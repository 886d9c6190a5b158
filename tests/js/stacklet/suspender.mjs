// `Suspender`, as of 2021-06-28: its states, and what each refuses.
import { Suspender, instantiateAsync, mayWait } from "bident:stacklet";
import { test, run, same, list, holds, throws, rejects, later, instance, SuspendError } from "../harness.mjs";

const { RuntimeError } = WebAssembly;

const text = `(module
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (import "m" "js" (func $js (param i32) (result i32)))
  (func (export "wait") (param i32) (result i32) (i32.add (i32.const 1) (call $wait (local.get 0))))
  (func (export "js") (param i32) (result i32) (i32.add (call $js (local.get 0)) (call $wait (local.get 0))))
  (func (export "caught") (param i32) (result i32)
    (block $h (return (try_table (result i32) (catch_all $h) (call $wait (local.get 0))))) (i32.const -1))
  (func (export "trap") (param i32) (result i32) unreachable)
  (func (export "get") (result i32) (i32.const 7)))`;

function make(suspender, wait, js = (i) => i) {
  return instance(text, { m: { wait: suspender.suspendOnReturnedPromise(wait), js } });
}

test("inactive, active, suspended, and back", async () => {
  const s = new Suspender();
  const seen = [];
  const { wait } = make(s, (i) => (seen.push(s.state), later().then(() => i)));
  same(s.state, "inactive");
  const call = s.returnPromiseOnSuspend(wait);
  const answer = call(4);
  same(s.state, "suspended");
  holds(answer instanceof Promise);
  same(await answer, 5);
  same(s.state, "inactive");
  list(seen, ["suspended"]);
  same(Object.prototype.toString.call(s), "[object Suspender]");
});

test("active is what JavaScript sees that an unwrapped import calls", async () => {
  const s = new Suspender();
  let state;
  const { js } = make(s, (i) => i, (i) => ((state = s.state), i));
  same(s.returnPromiseOnSuspend(js)(4), 8);
  same(state, "active");
});

test("without a promise the value goes on at once", () => {
  const s = new Suspender();
  const { wait } = make(s, (i) => i * 2);
  same(s.returnPromiseOnSuspend(wait)(4), 9);
  same(s.state, "inactive");
});

test("re-entering an active or a suspended one is an error that says so", async () => {
  const s = new Suspender();
  let again, nested;
  const exports = make(s, () => later().then(() => 1), (i) => {
    nested = throws(RuntimeError, () => again(1), /suspender is active/);
    return i;
  });
  again = s.returnPromiseOnSuspend(exports.js);
  const answer = again(4);
  holds(nested instanceof RuntimeError);
  throws(RuntimeError, () => again(1), /suspender is suspended/);
  // Other exports may be called.
  same(exports.get(), 7);
  same(await answer, 5);
  same(await again(4), 5);
});

test("inside the call of an import it is suspended: no way back in", () => {
  const s = new Suspender();
  let again;
  const { wait } = make(s, () => again(1));
  again = s.returnPromiseOnSuspend(wait);
  throws(RuntimeError, () => again(1), /suspender is suspended/);
  same(s.state, "inactive");
});

test("no handler of WebAssembly's catches the error", () => {
  const s = new Suspender();
  const { caught, wait } = make(s, () => s.returnPromiseOnSuspend(wait)(1));
  throws(RuntimeError, () => s.returnPromiseOnSuspend(caught)(1), /suspended/);
});

test("a wrapped import outside of a call of its suspender", async () => {
  const s = new Suspender();
  const other = new Suspender();
  const { wait } = make(s, (i) => Promise.resolve(i));
  throws(RuntimeError, () => wait(1), /import "m" "wait".*inactive/);
  throws(RuntimeError, () => other.returnPromiseOnSuspend(wait)(1), /inactive/);
  same(other.state, "inactive");
  await rejects(RuntimeError, WebAssembly.promising(wait)(1), /inactive/);
});

test("JavaScript between a call and its wrapped import is an error", async () => {
  const s = new Suspender();
  const exports = make(s, (i) => Promise.resolve(i), (i) => exports.wait(i));
  throws(RuntimeError, () => s.returnPromiseOnSuspend(exports.js)(1), /JavaScript stands between/);
  same(s.state, "inactive");
  same(await s.returnPromiseOnSuspend(exports.wait)(1), 2);
});

test("an import of another suspender is not caught by the innermost call", async () => {
  const [outer, inner] = [new Suspender(), new Suspender()];
  const a = make(outer, (i) => Promise.resolve(i), () => inner.returnPromiseOnSuspend(a.wait)(1));
  throws(RuntimeError, () => outer.returnPromiseOnSuspend(a.js)(1), /JavaScript stands between/);
  same(inner.state, "inactive");
  same(outer.state, "inactive");
});

test("rejections and traps end the call", async () => {
  const s = new Suspender();
  const error = new Error("mine");
  const { wait, caught, trap } = make(s, () => Promise.reject(error));
  await rejects(error, s.returnPromiseOnSuspend(wait)(1));
  same(s.state, "inactive");
  same(await s.returnPromiseOnSuspend(caught)(1), -1);
  throws(RuntimeError, () => s.returnPromiseOnSuspend(trap)(1), /unreachable/);
  same(s.state, "inactive");
  const { wait: throwing } = make(s, () => { throw error; });
  throws(error, () => s.returnPromiseOnSuspend(throwing)(1));
  same(s.state, "inactive");
});

test("several nested suspenders end in any order", async () => {
  const n = 6;
  const orders = [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 1, 5, 0, 4, 2]];
  for (const order of orders) {
    const settle = [], promises = [], suspenders = Array.from({ length: n }, () => new Suspender());
    const calls = suspenders.map((s, i) => {
      const { js } = make(s, () => new Promise((resolve) => (settle[i] = resolve)), () => {
        if (i + 1 < n) promises[i + 1] = calls[i + 1](i + 1);
        return 1000;
      });
      return s.returnPromiseOnSuspend(js);
    });
    promises[0] = calls[0](0);
    list(suspenders.map((s) => s.state), Array(n).fill("suspended"));
    gc();
    for (const i of order) {
      settle[i](i);
      same(await promises[i], 1000 + i);
      same(suspenders[i].state, "inactive");
    }
  }
});

test("an import of another kind that waits suspends it as well", async () => {
  const s = new Suspender();
  const exports = instance(text, { m: { wait: mayWait((i) => later().then(() => i)), js: (i) => i } });
  const call = s.returnPromiseOnSuspend(exports.wait);
  const answer = call(1);
  same(s.state, "suspended");
  throws(RuntimeError, () => call(1), /suspended/);
  same(await answer, 2);
});

test("functions of instantiateAsync can be wrapped; other values cannot", async () => {
  const s = new Suspender();
  const bytes = globalThis.wat(text);
  const made = await instantiateAsync(new WebAssembly.Module(bytes), { m: { wait: async (i) => i, js: (i) => i } });
  same(await s.returnPromiseOnSuspend(made.exports.wait)(1), 2);
  throws(TypeError, () => s.returnPromiseOnSuspend(() => 1), /a function that WebAssembly exported/);
  throws(TypeError, () => s.suspendOnReturnedPromise(1), /needs a function/);
  throws(TypeError, () => Suspender.prototype.suspendOnReturnedPromise.call({}, () => 1), /not a Suspender/);
  throws(TypeError, () => Suspender());
  throws(SuspendError, () => instance(text, { m: { wait: mayWait(async () => 1), js: (i) => i } }).wait(1));
});

test("active again after an import, whether it waited or not", async () => {
  for (const way of [(i) => i, (i) => Promise.resolve(i)]) {
    const s = new Suspender();
    const seen = [];
    const both = `(module (import "m" "wait" (func $wait (param i32) (result i32))) (import "m" "js" (func $js (param i32) (result i32)))
      (func (export "f") (param i32) (result i32) (call $js (call $wait (call $wait (local.get 0))))))`;
    const { f } = instance(both, { m: { wait: s.suspendOnReturnedPromise(way), js: (i) => (seen.push(s.state), i) } });
    same(await s.returnPromiseOnSuspend(f)(3), 3);
    list(seen, ["active"]);
    same(s.state, "inactive");
  }
});

test("modules that share a suspender", async () => {
  const s = new Suspender();
  const inner = make(s, (i) => later().then(() => i));
  const outer = instance(`(module (import "m" "wait" (func $wait (param i32) (result i32)))
    (func (export "twice") (param i32) (result i32) (i32.mul (i32.const 2) (call $wait (local.get 0)))))`, { m: inner });
  const twice = s.returnPromiseOnSuspend(outer.twice);
  const answer = twice(3);
  throws(RuntimeError, () => s.returnPromiseOnSuspend(inner.wait)(1), /suspender is suspended/);
  same(await answer, 8);
  same(await s.returnPromiseOnSuspend(inner.wait)(1), 2);
});

await run();
