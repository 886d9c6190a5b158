// Tag, Exception and JSTag, and what is thrown on its way through both languages.
import { test, run, same, list, holds, throws, module, instance, later } from "../harness.mjs";

const { Tag, Exception, JSTag, RuntimeError, LinkError } = WebAssembly;
const empty = new Tag({ parameters: [] });
const pair = new Tag({ parameters: ["i32", "externref"] });

test("tags", () => {
  for (const type of [undefined, null, 1, {}, { parameters: undefined }, { parameters: "i32" }, { parameters: {} }, { parameters: ["x"] }, { parameters: ["exnref"] }, { parameters: ["contref"] }]) {
    throws(TypeError, () => new Tag(type));
  }
  new Tag({ parameters: new Set(["i32", "i64", "f32", "f64", "externref", "anyfunc"]) });
  holds(JSTag instanceof Tag);
  same(WebAssembly.JSTag, JSTag);
});

test("tags are exported and imported", () => {
  const exported = instance(`(module (import "m" "given" (tag $g (param i32 externref))) (export "given" (tag $g))
    (tag (export "t") (export "again") (param i32)))`, { m: { given: pair } });
  holds(exported.t instanceof Tag);
  same(exported.t, exported.again);
  same(exported.given, pair);
  const wanting = (type) => module([`(module (import "m" "t" (tag ${type})))`]);
  new WebAssembly.Instance(wanting("(param i32 externref)"), { m: { t: pair } });
  new WebAssembly.Instance(wanting("(param externref)"), { m: { t: JSTag } });
  for (const t of [undefined, {}, Tag, () => 1, empty, exported.t]) {
    throws(LinkError, () => new WebAssembly.Instance(wanting("(param i32 externref)"), { m: { t } }));
  }
  list(WebAssembly.Module.imports(wanting("(param i32)")).map(({ kind }) => kind), ["tag"]);
});

test("exceptions are made", () => {
  const thing = {};
  const exception = new Exception(pair, ["7", thing]);
  same(exception.getArg(pair, 0), 7);
  same(exception.getArg(pair, "1"), thing);
  same(new Exception(pair, new Set([1, null])).getArg(pair, 1), null);
  same(exception.is(pair), true);
  same(exception.is(empty), false);
  same(exception.is(JSTag), false);
  holds(!(exception instanceof Error));
  same(String(exception), "[object WebAssembly.Exception]");
  const numbers = new Tag({ parameters: ["i64", "f32", "f64", "anyfunc"] });
  const values = new Exception(numbers, [5n, 0.1, 0.1, null]);
  list([0, 1, 2, 3].map((i) => values.getArg(numbers, i)), [5n, Math.fround(0.1), 0.1, null]);
  class Mine extends Exception {}
  holds(new Mine(empty, []) instanceof Mine);
});

test("what exceptions cannot be made of", () => {
  for (const tag of [undefined, null, 1, {}, Tag]) throws(TypeError, () => new Exception(tag, []));
  for (const payload of [undefined, null, 1, {}, [1], [1, 2, 3], [1n, 2]]) throws(TypeError, () => new Exception(pair, payload));
  for (const options of [1, "x", true]) throws(TypeError, () => new Exception(empty, [], options));
  throws(TypeError, () => new Exception(JSTag, [1]));
  throws(TypeError, () => Exception(empty, []));
  const thrown = {};
  throws(thrown, () => new Exception(pair, [{ valueOf() { throw thrown; } }, 1]));
});

test("what exceptions do not tell", () => {
  const exception = new Exception(pair, [1, 2]);
  for (const index of [undefined, NaN, -1, Infinity, 2 ** 32, "x"]) throws(TypeError, () => exception.getArg(pair, index));
  for (const tag of [undefined, null, {}, empty, JSTag]) throws(TypeError, () => exception.getArg(tag, 0));
  throws(RangeError, () => exception.getArg(pair, 2));
  throws(TypeError, () => exception.getArg(pair));
  for (const tag of [undefined, null, {}]) throws(TypeError, () => exception.is(tag));
});

test("the stack is that of the constructor's caller, if it is asked for", () => {
  function here(options) {
    return new Exception(empty, [], options);
  }
  for (const options of [undefined, null, {}, { traceStack: false }, { traceStack: undefined }]) same(here(options).stack, undefined);
  holds(/^\s*at here/.test(here({ traceStack: 1 }).stack), "the first line names the function");
});

// `$f` is called in a handler of each kind.
const handlers = `(module
  (import "m" "js" (tag $js (param externref)))
  (import "m" "pair" (tag $pair (param i32 externref)))
  (import "m" "f" (func $f))
  (global $kept (mut exnref) (ref.null exn))
  (func (export "plain") (call $f))
  (func (export "all") (result i32) (block $h (try_table (catch_all $h) (call $f)) (return (i32.const 0))) (i32.const 1))
  (func (export "value") (result externref)
    (block $h (result externref) (try_table (catch $js $h) (call $f)) (ref.null extern)))
  (func (export "values") (result i32 externref)
    (block $h (result i32 externref) (try_table (catch $pair $h) (call $f)) (i32.const 0) (ref.null extern)))
  (func (export "again") (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (return)) (throw_ref))
  (func (export "keep") (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (return)) (global.set $kept))
  (func (export "give back") (throw_ref (global.get $kept)))
  (func (export "throw js") (param externref) (throw $js (local.get 0)))
  (func (export "throw js twice") (block $h (try_table (catch_all $h) (throw $js (ref.null extern)))) (block $h (try_table (catch_all $h) (call $f))))
  (func (export "throw pair") (param i32 externref) (throw $pair (local.get 0) (local.get 1)))
  (func (export "trap") unreachable)
  (func $endless (export "endless") (call $endless)))`;

// The same as published packages have it. Other engines do not take both forms in one module.
const legacyHandlers = `(module
  (import "m" "js" (tag $js (param externref)))
  (import "m" "f" (func $f))
  (func (export "value") (result externref) try (result externref) (call $f) (ref.null extern) catch $js end)
  (func (export "again") try (call $f) catch_all rethrow 0 end))`;

function thrown(run) {
  try {
    run();
  } catch (exception) {
    return exception;
  }
  throw new Error("nothing is thrown");
}

let f;
const imports = { m: { js: JSTag, pair, f: () => f() } };
const x = instance(handlers, imports);
const legacy = instance(legacyHandlers, imports);
const thrower = (value) => () => { throw value; };

test("what JavaScript throws is caught under JSTag, or comes out as it is", () => {
  for (const value of [{}, new Error("x"), new RuntimeError("of mine"), Symbol(), "text", 5, -0, NaN, 1n, undefined, null]) {
    f = thrower(value);
    same(x.all(), 1);
    same(x.value(), value);
    same(legacy.value(), value);
    throws(value, x.plain);
    throws(value, x.again);
    throws(value, legacy.again);
    throws(value, x.values);
    throws(value, () => x["throw js"](value));
    x.keep();
    throws(value, x["give back"]);
  }
  f = () => {};
  same(x.all(), 0);
});

test("arguments and results that cannot be converted are exceptions too", () => {
  const made = instance(`(module (import "m" "js" (tag $js (param externref))) (import "m" "f" (func $f (result i32)))
    (func (export "f") (result externref) (block $h (result externref) (drop (try_table (result i32) (catch $js $h) (call $f))) (ref.null extern))))`, {
    m: { js: JSTag, f: () => 1n },
  });
  holds(made.f() instanceof TypeError);
});

test("an exception object keeps tag, values and identity", () => {
  const thing = {};
  const exception = new Exception(pair, [5, thing]);
  f = thrower(exception);
  same(x.all(), 1);
  list(x.values(), [5, thing]);
  for (const through of [x.plain, x.again, legacy.again, x.value, legacy.value]) throws(exception, through);
  x.keep();
  throws(exception, x["give back"]);
  throws(exception, x["give back"]);
});

test("what WebAssembly throws comes out as an object, and goes in again", () => {
  const thing = {};
  const exception = thrown(() => x["throw pair"](9, thing));
  holds(exception instanceof Exception && exception.is(pair));
  list([exception.getArg(pair, 0), exception.getArg(pair, 1)], [9, thing]);
  same(exception.stack, undefined);
  holds(thrown(() => x["throw pair"](9, thing)) !== exception, "another exception");
  f = thrower(exception);
  list(x.values(), [9, thing]);
  throws(exception, x.plain);
  f = () => x["throw pair"](3, "inner");
  list(x.values(), [3, "inner"]);
  f = () => x["throw js"]("inner");
  same(x.value(), "inner");
  x.keep();
  throws("inner", x["give back"]);
});

test("WebAssembly keeps what is on an object", () => {
  f = () => { throw Object.assign(new Exception(empty, [], { traceStack: true }), { note: "mine" }); };
  x.keep();
  gc();
  for (let i = 0; i < 50; i++) {
    f = thrower(new Exception(empty, []));
    x.all();
  }
  const often = new Exception(empty, []);
  f = thrower(often);
  for (let i = 0; i < 200; i++) x.all();
  const exception = thrown(x["give back"]);
  same(exception.note, "mine");
  same(typeof exception.stack, "string");
});

// Places for exceptions that only WebAssembly has.
const places = instance(`(module
  (import "m" "f" (func $f))
  (import "m" "pair" (tag $pair (param i32 externref)))
  (table $kept 2000 exnref)
  (func (export "keep") (param i32)
    (table.set $kept (local.get 0)
      (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (unreachable))))
  (func (export "make") (param i32 externref) (local $made exnref)
    (block $h (result i32 externref exnref)
      (try_table (catch_ref $pair $h) (throw $pair (local.get 0) (local.get 1))) (unreachable))
    (local.set $made) (drop) (drop)
    (table.set $kept (local.get 0) (local.get $made)))
  (func (export "give back") (param i32) (throw_ref (table.get $kept (local.get 0))))
  (func (export "forget") (table.fill $kept (i32.const 0) (ref.null exn) (i32.const 2000))))`, { m: { pair, f: () => f() } });

test("however many exceptions WebAssembly has, each keeps its object", () => {
  class Mine extends Exception { #own; constructor(own) { super(pair, [own, "given"]); this.#own = own; } own() { return this.#own; } }
  const notes = new WeakMap();
  for (let i = 0; i < 2000; i++) {
    const exception = new Mine(i);
    exception.self = exception;
    notes.set(exception, `note ${i}`);
    f = thrower(exception);
    places.keep(i);
  }
  f = undefined;
  gc();
  for (let i = 0; i < 2000; i += 7) {
    const exception = thrown(() => places["give back"](i));
    holds(exception instanceof Mine && exception.self === exception);
    same(exception.own(), i);
    same(notes.get(exception), `note ${i}`);
    list([exception.getArg(pair, 0), exception.getArg(pair, 1)], [i, "given"]);
    throws(exception, () => places["give back"](i));
  }
  places.forget();
});

test("an exception of WebAssembly's own has one object, too", () => {
  for (let i = 0; i < 2000; i++) {
    places.make(i, `text ${i}`);
    thrown(() => places["give back"](i)).note = i;
  }
  gc();
  for (let i = 0; i < 2000; i += 7) {
    const exception = thrown(() => places["give back"](i));
    same(exception.note, i);
    same(exception.getArg(pair, 1), `text ${i}`);
  }
  places.forget();
});

test("an object that is thrown from several places is one object", () => {
  const exception = new Exception(pair, [1, {}]);
  f = thrower(exception);
  places.keep(0);
  churn();
  places.keep(1);
  places.forget();
  churn();
  places.keep(2);
  for (const through of [x.plain, x.again, legacy.again, () => places["give back"](2)]) throws(exception, through);
  places.forget();
});

// Makes WebAssembly collect: it does so of itself, as exceptions grow in number.
function churn() {
  const before = f;
  f = thrower(new Exception(empty, []));
  for (let i = 0; i < 20000; i++) x["throw js twice"]();
  f = before;
}

test("what nobody has any more is freed, cycles too", async () => {
  const refs = [];
  const watched = (exception) => { refs.push(new WeakRef(exception)); return exception; };
  for (let i = 0; i < 2000; i++) {
    const payload = {};
    payload.exception = watched(new Exception(pair, [i, payload]));
    f = thrower(payload.exception);
    x.all();
    thrown(x.again);
    places.keep(i);
    places.make(i, payload);
    watched(thrown(() => places["give back"](i))).more = payload;
  }
  f = undefined;
  places.forget();
  await later();
  churn();
  gc();
  await later();
  const left = refs.filter((ref) => ref.deref() !== undefined).length;
  holds(left < 50, `${left} of ${refs.length} are left, few`);
});

test("tags that JavaScript does not have", () => {
  const { f } = instance(`(module (tag $t (param i32)) (func (export "f") (throw $t (i32.const 1))))`);
  const exception = thrown(f);
  holds(exception instanceof Exception && !exception.is(pair) && !exception.is(JSTag));
});

test("exceptions from start functions", async () => {
  const started = module([`(module (import "m" "t" (tag $t (param i32 externref))) (func $s (throw $t (i32.const 4) (ref.null extern))) (start $s))`]);
  const failure = await WebAssembly.instantiate(started, { m: { t: pair } }).catch((exception) => exception);
  same(failure.getArg(pair, 0), 4);
  f = thrower("x");
  throws("x", () => new WebAssembly.Instance(module([`(module (import "m" "f" (func $f)) (start $f))`]), { m: { f } }));
});

test("no handler sees a trap, nor does one behind JavaScript", () => {
  let error;
  const traps = { trap: [RuntimeError, /unreachable/], endless: [RangeError, /call stack/] };
  for (const [name, [type, message]] of Object.entries(traps)) {
    f = () => x[name]();
    for (const through of [x.plain, x.all, x.value, x.again, x.keep, legacy.value, legacy.again]) throws(type, through, message);
    f = () => { try { x[name](); } catch (caught) { error = caught; throw caught; } };
    throws(type, x.all);
    f = () => { throw error; };
    throws(error, x.all);
    f = () => { throw new type(error.message); };
    same(x.all(), 1);
  }
  f = () => { try { x.trap(); } catch {} };
  same(x.all(), 0);
});

test("recursion through both languages ends", () => {
  // Where the stack ends in JavaScript, the nearest handler takes the error; in WebAssembly, none does.
  let depth = 0;
  f = () => { depth += 1; x.all(); };
  try {
    holds([0, 1].includes(x.all()));
  } catch (error) {
    holds(error instanceof RangeError);
  }
  holds(depth > 10);
  f = () => { depth += 1; x.plain(); };
  throws(RangeError, x.plain);
  f = function endless() { endless(); };
  same(x.all(), 1);
});

test("many exceptions, and objects that go", () => {
  const kept = [];
  for (let i = 0; i < 3000; i++) {
    f = () => x["throw pair"](i, { i });
    const exception = thrown(x.again);
    if (i % 7 === 0) kept.push(exception);
    f = thrower(new Exception(pair, [i, i]));
    same(x.all(), 1);
    if (i % 1000 === 0) gc();
  }
  kept.forEach((exception, i) => {
    f = thrower(exception);
    throws(exception, x.again);
    same(exception.getArg(pair, 1).i, 7 * i);
  });
});

await run();
