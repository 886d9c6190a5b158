// A stack that WebAssembly made, as the stacklet of an instance: the rules of docs/stacklets.md.
import { Stacklet, instantiateAsync } from "bident:stacklet";
import { test, run, same, list, holds, throws, rejects, later, module, instance } from "../harness.mjs";

const { RuntimeError, Tag } = WebAssembly;

const maker = `(module
  (type $run (func)) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
  (type $two (func (param i32 i32))) (type $other (cont $two))
  (type $plain (func)) (type $unit (cont $plain))
  (tag $idle (export "idle") (result (ref $run)))
  (tag $effect (export "effect") (param i32) (result i32))
  (import "m" "log" (func $log (param i32)))
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (elem declare func $serve $once $lazy $twice $inside $bad $unit $traps $keep $handled $idles $throws)
  ;; Runs calls for ever.
  (func $serve (param $run (ref $run))
    (loop $next
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (call_ref $run (local.get $run))
      (local.set $run (suspend $idle))
      (br $next)))
  (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $serve)))
  ;; One call, and the end.
  (func $once (param $run (ref $run)) (call_ref $run (local.get $run)))
  (func (export "once") (result (ref $stack)) (cont.new $stack (ref.func $once)))
  ;; Does not run the call.
  (func $lazy (param $run (ref $run)) (loop $next (drop (suspend $idle)) (br $next)))
  (func (export "lazy") (result (ref $stack)) (cont.new $stack (ref.func $lazy)))
  ;; Runs it twice.
  (func $twice (param $run (ref $run)) (call_ref $run (local.get $run)) (call_ref $run (local.get $run)))
  (func (export "twice") (result (ref $stack)) (cont.new $stack (ref.func $twice)))
  ;; Runs it in a stack of its own, inside.
  (func $inside (param $run (ref $run))
    (loop $next
      (resume $unit (cont.new $unit (local.get $run)))
      (local.set $run (suspend $idle))
      (br $next)))
  (func (export "inside") (result (ref $stack)) (cont.new $stack (ref.func $inside)))
  ;; Handles an effect of the calls: doubles.
  (func $handled (param $run (ref $run)) (local $k (ref null $unit)) (local $i i32) (local $a (ref null $answer))
    (loop $next
      (local.set $k (cont.new $unit (local.get $run)))
      (block $over
        (block $asked (result i32 (ref $answer))
          (resume $unit (on $effect $asked) (local.get $k))
          (br $over))
        (local.set $a)
        (local.set $i)
        (call $again (local.get $i) (local.get $a)))
      (local.set $run (suspend $idle))
      (br $next)))
  (type $with (func (param i32))) (type $answer (cont $with))
  (func $again (param $i i32) (param $k (ref null $answer))
    (loop $next
      (block $asked (result i32 (ref $answer))
        (resume $answer (on $effect $asked) (i32.mul (i32.const 2) (local.get $i)) (local.get $k))
        (return))
      (local.set $k)
      (local.set $i)
      (br $next)))
  (func (export "handled") (result (ref $stack)) (cont.new $stack (ref.func $handled)))
  ;; Ends without the call; throws after it.
  (func $idles (param (ref $run)))
  (func (export "idles") (result (ref $stack)) (cont.new $stack (ref.func $idles)))
  (tag $mine (export "mine"))
  (func $throws (param $run (ref $run)) (call_ref $run (local.get $run)) (throw $mine))
  (func (export "throws") (result (ref $stack)) (cont.new $stack (ref.func $throws)))
  ;; Traps after the call.
  (func $traps (param $run (ref $run)) (call_ref $run (local.get $run)) unreachable)
  (func (export "traps") (result (ref $stack)) (cont.new $stack (ref.func $traps)))
  ;; Keeps what it was to run.
  (global $kept (mut (ref null $run)) (ref.null $run))
  (func $keep (param $run (ref $run))
    (loop $next (global.set $kept (local.get $run)) (call_ref $run (local.get $run)) (local.set $run (suspend $idle)) (br $next)))
  (func (export "keep") (result (ref $stack)) (cont.new $stack (ref.func $keep)))
  (func (export "kept") (call_ref $run (global.get $kept)))
  (func $bad (param i32 i32))
  (func (export "bad") (result (ref $other)) (cont.new $other (ref.func $bad)))
  (func $unit)
  (func (export "unit") (result (ref $unit)) (cont.new $unit (ref.func $unit)))
  (func (export "none") (result (ref null $stack)) (ref.null $stack))
  (func (export "number") (result i32) (i32.const 1))
  (func (export "argument") (param i32) (result (ref $stack)) (cont.new $stack (ref.func $serve)))
  (func (export "fails") (result (ref $stack)) unreachable))`;

const made = instance(maker, { m: { log() {} } });

const served = module`(module
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (import "m" "effect" (tag $effect (param i32) (result i32)))
  (func (export "wait") (param i32) (result i32) (i32.add (i32.const 1) (call $wait (local.get 0))))
  (func (export "effect") (param i32) (result i32)
    (i32.add (suspend $effect (local.get 0)) (suspend $effect (call $wait (i32.const 100)))))
  (func (export "many") (param i32 i64 f32 f64 externref funcref) (result i32 i64 f32 f64 externref funcref)
    (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5))
  (func (export "trap") unreachable)
  (func (export "get") (result i32) (i32.const 7)))`;

async function make(kind, wait = (i) => i) {
  const stacklet = Stacklet.from(made[kind], made.idle);
  const instance = await instantiateAsync(served, { m: { wait, effect: made.effect } }, stacklet);
  return { stacklet, ...instance.exports };
}

test("exports run under the stack, one after the other", async () => {
  const before = made.calls.value;
  const { stacklet, wait, get } = await make("make");
  same(stacklet.state, "idle");
  for (let i = 0; i < 100; i++) same(wait(i), i + 1);
  same(get(), 7);
  same(made.calls.value - before, 101);
  same(stacklet.state, "idle");
});

test("a wait parks the chain; meanwhile the stack takes no other call", async () => {
  for (const kind of ["make", "inside"]) {
    const { stacklet, wait, get } = await make(kind, (i) => later().then(() => (gc(), i)));
    for (let i = 0; i < 5; i++) {
      const answer = wait(i);
      holds(answer instanceof Promise);
      same(stacklet.state, "suspended");
      throws(RuntimeError, () => get(), /is suspended: it has a call already/);
      same(await answer, i + 1);
      same(stacklet.state, "idle");
      same(get(), 7);
    }
  }
});

test("re-entering it while it is active is an error", async () => {
  let get, error;
  const exports = await make("make", (i) => ((error = throws(RuntimeError, () => get(), /active/)), i));
  get = exports.get;
  same(exports.wait(1), 2);
  holds(error instanceof RuntimeError);
  same(exports.get(), 7);
});

test("effects of the exports reach the handlers of the stack", async () => {
  for (const wait of [(i) => i, (i) => later().then(() => i)]) {
    const { effect } = await make("handled", wait);
    same(await effect(3), 206);
    same(await effect(4), 208);
  }
});

test("values of every kind", async () => {
  const { many } = await make("make");
  const object = {};
  list(many(1, 2n, 1.5, 2.5, object, made.make), [1, 2n, 1.5, 2.5, object, made.make]);
  list(many(-1, -2n, -0, NaN, null, null), [-1, -2n, -0, NaN, null, null]);
});

test("an exception is the caller's; the stack goes on", async () => {
  const error = new Error("mine");
  const { stacklet, wait, get } = await make("make", () => { throw error; });
  throws(error, () => wait(1));
  same(stacklet.state, "idle");
  same(get(), 7);
  const rejecting = await make("make", () => Promise.reject(error));
  await rejects(error, rejecting.wait(1));
  same(rejecting.get(), 7);
});

test("a trap ends the stack", async () => {
  const { stacklet, trap, get } = await make("make");
  throws(RuntimeError, () => trap(), /unreachable/);
  same(stacklet.state, "ended");
  throws(RuntimeError, () => get(), /has come to its end/);
});

test("a stack that ends after a call has answered it", async () => {
  const { stacklet, get } = await make("once");
  same(get(), 7);
  same(stacklet.state, "ended");
  throws(RuntimeError, () => get(), /has come to its end/);
});

test("a stack that lies: does not run the call, runs it twice, traps after it, keeps it", async () => {
  const lazy = await make("lazy");
  throws(RuntimeError, () => lazy.get(), /did not run the call/);
  same(lazy.stacklet.state, "idle");
  const twice = await make("twice");
  throws(RuntimeError, () => twice.get(), /called out of turn/);
  same(twice.stacklet.state, "ended");
  const traps = await make("traps");
  throws(RuntimeError, () => traps.get(), /unreachable/);
  const keep = await make("keep");
  same(keep.get(), 7);
  throws(RuntimeError, () => made.kept(), /called out of turn/);
  same(keep.get(), 7);
  const waiting = await make("keep", () => later().then(() => 5));
  const answer = waiting.wait(1);
  throws(RuntimeError, () => made.kept(), /called out of turn/);
  same(await answer, 6);
});

test("a body that ends without the call, or throws after it", async () => {
  const ends = await make("idles");
  throws(RuntimeError, () => ends.get(), /did not run the call/);
  same(ends.stacklet.state, "ended");
  throws(RuntimeError, () => ends.get(), /has come to its end/);
  for (const wait of [(i) => i, (i) => later().then(() => i)]) {
    const { stacklet, wait: call } = await make("throws", wait);
    const error = await (async () => call(1))().then(() => undefined, (error) => error);
    holds(error instanceof WebAssembly.Exception && error.is(made.mine), `${error}`);
    same(stacklet.state, "ended");
  }
});

test("a stack that calls functions of another type", async () => {
  const other = instance(`(module (type $run (func (param i32))) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
    (tag $idle (export "idle") (result (ref $run))) (elem declare func $body)
    (func $body (param $run (ref $run)) (call_ref $run (i32.const 1) (local.get $run)))
    (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $body))))`);
  const stacklet = Stacklet.from(other.make, other.idle);
  const { get } = (await instantiateAsync(module`(module (func (export "get") (result i32) (i32.const 7)))`, {}, stacklet)).exports;
  for (let i = 0; i < 2; i++) {
    throws(RuntimeError, () => get(), /expected a value of type/);
    same(stacklet.state, "idle");
  }
});

test("a tag that nobody handles is a trap", async () => {
  const { stacklet, effect } = await make("make");
  throws(RuntimeError, () => effect(1), /^unhandled tag$/);
  same(stacklet.state, "ended");
  same(new Stacklet().state, undefined);
});

test("what is refused", async () => {
  const from = (make, idle = made.idle) => () => Stacklet.from(make, idle);
  throws(TypeError, from(made.bad), /takes one function reference/);
  throws(TypeError, from(made.unit), /takes one function reference/);
  throws(TypeError, from(made.none), /a continuation, which the function did not give/);
  throws(TypeError, from(made.number), /continuation/);
  throws(TypeError, from(made.argument), /without parameters/);
  throws(TypeError, from(() => 1), /an exported function/);
  throws(TypeError, from(made.make, {}), /WebAssembly.Tag/);
  throws(TypeError, from(made.make, new Tag({ parameters: ["i32"] })), /a tag without parameters/);
  throws(RuntimeError, from(made.fails), /unreachable/);
});

test("a stack that another stacklet has, or that was used, is refused", async () => {
  const other = instance(`(module
    (type $run (func)) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
    (tag $idle (export "idle") (result (ref $run)))
    (elem declare func $body $nothing)
    (global $kept (mut (ref null $stack)) (ref.null $stack))
    (func $nothing)
    (func $body (param $run (ref $run))
      (loop $next (call_ref $run (local.get $run)) (local.set $run (suspend $idle)) (br $next)))
    (func (export "make") (result (ref null $stack))
      (if (ref.is_null (global.get $kept))
        (then (global.set $kept (cont.new $stack (ref.func $body)))))
      (global.get $kept))
    (func (export "use") (resume $stack (ref.func $nothing) (global.get $kept)))
    (func (export "forget") (global.set $kept (ref.null $stack))))`);
  const get = async (stacklet) =>
    (await instantiateAsync(module`(module (func (export "get") (result i32) (i32.const 7)))`, {}, stacklet)).exports.get;
  const first = Stacklet.from(other.make, other.idle);
  throws(TypeError, () => Stacklet.from(other.make, other.idle), /was not used, nor given to another Stacklet/);
  throws(RuntimeError, () => other.use(), /continuation already consumed/);
  const call = await get(first);
  list([call(), call(), first.state], [7, 7, "idle"]);
  throws(TypeError, () => Stacklet.from(other.make, other.idle), /was not used/);
  other.forget();
  const second = await get(Stacklet.from(other.make, other.idle));
  list([second(), call(), second()], [7, 7, 7]);
});

test("sync imports: two instances under one stack", async () => {
  const { stacklet, wait } = await make("make", (i) => later().then(() => i));
  const text = module`(module (import "a" "wait" (func $w (param i32) (result i32))) (func (export "twice") (param i32) (result i32) (i32.mul (i32.const 2) (call $w (local.get 0)))))`;
  const second = (await instantiateAsync(text, {}, stacklet, { a: { wait } })).exports;
  const answer = second.twice(4);
  throws(RuntimeError, () => wait(1), /suspended/);
  same(await answer, 10);
});

test("the start function runs under the stack", async () => {
  const stacklet = Stacklet.from(made.make, made.idle);
  const text = module`(module (import "m" "f" (func $f (result i32))) (global $g (mut i32) (i32.const 0))
    (func $start (global.set $g (call $f))) (start $start) (func (export "g") (result i32) (global.get $g)))`;
  const before = made.calls.value;
  const instance = await instantiateAsync(text, { m: { f: () => later().then(() => 5) } }, stacklet);
  same(made.calls.value, before + 1);
  same(instance.exports.g(), 5);
});

test("many stacks, ended in any order", async () => {
  const settle = [];
  const all = [];
  for (let i = 0; i < 50; i++) all.push(await make("inside", () => new Promise((resolve) => settle.push(resolve))));
  const calls = all.map(({ wait }) => wait(1));
  gc();
  settle.forEach((_, i) => settle[(i * 37) % 50]((i * 37) % 50));
  list(await Promise.all(calls), calls.map((_, i) => i + 1));
});

await run();
