import { test, run, same, throws, rejects, module, instance } from "../harness.mjs";

const text = `(module
  (type $f (func (result i32)))
  (type $c (cont $f))
  (import "m" "cont" (func $cont (param (ref null $c))))
  (import "m" "exn" (func $exn (result exnref)))
  (import "m" "func" (func $func (result (ref $f))))
  (global (export "cont") (mut (ref null $c)) (ref.null $c))
  (global (export "func") (mut (ref null $f)) (ref.null $f))
  (table (export "conts") 2 contref)
  (table (export "exns") 2 exnref)
  (table (export "funcs") 2 (ref null $f))
  (tag $conts (export "conts tag") (param i32 (ref null $c)))
  (tag $exns (export "exns tag") (param exnref i32))
  (func (export "throw cont") (throw $conts (i32.const 5) (cont.new $c (ref.func $one))))
  (func (export "throw exn") (throw $exns (ref.null exn) (i32.const 6)))
  (func $one (export "one") (type $f) i32.const 1)
  (func (export "other"))
  (func (export "give") (result (ref null $c)) ref.null $c)
  (func (export "take") (param exnref))
  (func (export "null out") (param nullexternref nullfuncref))
  (func (export "call cont") (call $cont (ref.null $c)))
  (func (export "call exn") (drop (call $exn)))
  (func (export "call func") (result i32) (call_ref $f (call $func)))
  (func (export "typed") (param (ref $f)) (result (ref null $f)) local.get 0)
  (func (export "extern") (param (ref extern)) (result externref) local.get 0))`;

let called = 0;
let answer;
const exports = instance(text, {
  m: { cont: () => called++, exn: () => called++, func: () => answer },
});

test("references to continuations and exceptions stay in WebAssembly", async () => {
  throws(TypeError, () => exports.cont.value);
  throws(TypeError, () => exports.cont.valueOf());
  throws(TypeError, () => { exports.cont.value = null; });
  for (const table of [exports.conts, exports.exns]) {
    throws(TypeError, () => table.get(0));
    throws(TypeError, () => table.set(0, null));
    throws(TypeError, () => table.set(0));
    throws(TypeError, () => table.grow(1, 5));
    same(table.length, 2);
  }
  throws(TypeError, () => exports.give());
  throws(TypeError, () => exports.take(null));
  await rejects(TypeError, WebAssembly.promising(exports.give)());
  throws(TypeError, () => exports["call cont"]());
  throws(TypeError, () => exports["call exn"]());
  same(called, 0);
});

test("exceptions do not give such references, and are not made of them", () => {
  for (const [run, tag, number, reference] of [["throw cont", "conts tag", 0, 1], ["throw exn", "exns tag", 1, 0]]) {
    let exception;
    try {
      exports[run]();
    } catch (thrown) {
      exception = thrown;
    }
    same(exception.is(exports[tag]), true);
    same(exception.getArg(exports[tag], number), 5 + number);
    throws(TypeError, () => exception.getArg(exports[tag], reference));
    const payload = [1, 1];
    payload[reference] = null;
    throws(TypeError, () => new WebAssembly.Exception(exports[tag], payload));
  }
});

test("an exception takes such references through JavaScript", () => {
  let f;
  const { wrap, unwrap, make, run, churn } = instance(`(module
    (type $f (func (result i32))) (type $c (cont $f))
    (import "m" "f" (func $f))
    (tag $outer (param exnref)) (tag $made (param (ref $c)))
    (func $answer (type $f) (i32.const 42))
    (elem declare func $answer)
    (func (export "wrap")
      (throw $outer (block $h (result exnref) (try_table (catch_all_ref $h) (call $f)) (return))))
    (func (export "unwrap")
      (throw_ref (block $h (result exnref) (try_table (catch $outer $h) (call $f)) (return))))
    (func (export "make") (throw $made (cont.new $c (ref.func $answer))))
    (func (export "run") (result i32)
      (resume $c (block $h (result (ref $c)) (try_table (catch $made $h) (call $f)) (unreachable))))
    (func (export "churn") (param i32)
      (loop $more
        (block $h (try_table (catch_all $h) (throw $outer (ref.null exn))))
        (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`, { m: { f: () => f() } });
  const thrown = (run) => {
    try { run(); } catch (exception) { return exception; }
  };
  const tag = new WebAssembly.Tag({ parameters: ["i32"] });
  const inner = new WebAssembly.Exception(tag, [7]);
  f = () => { throw inner; };
  const outer = thrown(wrap);
  f = () => { throw outer; };
  throws(inner, unwrap);
  churn(5000);
  throws(inner, unwrap);
  const made = thrown(make);
  churn(5000);
  f = () => { throw made; };
  same(run(), 42);
  throws(WebAssembly.RuntimeError, run, /continuation/);
});

test("imports of such references", () => {
  for (const type of ["contref", "(ref null $c)", "exnref"]) {
    const importing = module([`(module (type $f (func)) (type $c (cont $f)) (import "m" "g" (global ${type})))`]);
    for (const g of [null, undefined, {}, 1]) throws(WebAssembly.LinkError, () => new WebAssembly.Instance(importing, { m: { g } }));
  }
  for (const value of ["contref", "exnref", "(ref null 0)"]) {
    throws(TypeError, () => new WebAssembly.Global({ value }));
    throws(TypeError, () => new WebAssembly.Table({ element: value, initial: 1 }));
  }
});

test("typed references are checked", () => {
  same(exports.typed(exports.one), exports.one);
  for (const wrong of [null, undefined, exports.other, () => 1]) {
    throws(TypeError, () => exports.typed(wrong));
    answer = wrong;
    throws(TypeError, () => exports["call func"]());
  }
  answer = exports.one;
  same(exports["call func"](), 1);
  exports.func.value = exports.one;
  same(exports.func.value, exports.one);
  exports.func.value = null;
  same(exports.func.value, null);
  throws(TypeError, () => { exports.func.value = exports.other; });
  exports.funcs.set(0, exports.one);
  same(exports.funcs.get(0), exports.one);
  throws(TypeError, () => exports.funcs.set(0, exports.other));
  exports.funcs.set(0);
  same(exports.funcs.get(0), null);
});

test("functions of JavaScript's have the type that the import has, also in a group and with supertypes", () => {
  const { exports } = new WebAssembly.Instance(module([`(module
    (rec (type $f (sub (func (param i32) (result i32)))) (type $s (struct (field (ref $f)))))
    (type $g (sub final $f (func (param i32) (result i32))))
    (import "m" "f" (func $f (type $f)))
    (import "m" "g" (func $g (type $g)))
    (table funcref (elem $f $g))
    (func (export "call") (param i32) (result i32)
      (call_ref $f (i32.const 20) (ref.cast (ref $f) (table.get (local.get 0)))))
    (func (export "is g") (param i32) (result i32) (ref.test (ref $g) (table.get (local.get 0)))))`]), {
    m: { f: (x) => x + 1, g: (x) => x + 2 },
  });
  same(exports.call(0), 21);
  same(exports.call(1), 22);
  same(exports["is g"](0), 0);
  same(exports["is g"](1), 1);
});

test("types without null, types of nothing but null", () => {
  same(exports.extern(5), 5);
  same(exports.extern(undefined), undefined);
  throws(TypeError, () => exports.extern(null));
  same(exports["null out"](null, null), undefined);
  throws(TypeError, () => exports["null out"](1, null));
  throws(TypeError, () => exports["null out"](null, exports.one));
});

test("of anyref, what has the type crosses", () => {
  const { any, never, table, object, boxed } = instance(`(module
    (type $s (struct (field i32)))
    (func (export "object") (result (ref $s)) (struct.new $s (i32.const 1)))
    (func (export "boxed") (result externref) (extern.convert_any (ref.i31 (i32.const 1))))
    (func (export "any") (param i31ref) (result anyref) local.get 0)
    (func (export "never") (param (ref any)) unreachable)
    (table (export "table") 1 eqref))`);
  same(any(null), null);
  same(any(1), 1);
  for (const wrong of [undefined, {}, any, object()]) throws(TypeError, () => any(wrong));
  throws(TypeError, () => never(null));
  table.set(0, null);
  same(table.get(0), null);
  table.set(0, 1);
  same(table.get(0), 1);
  throws(TypeError, () => table.set(0, {}));
  same(typeof object(), "object");
  same(boxed(), 1);
});

test("a value of JavaScript's in a structure", () => {
  const { wrap, open, convert } = instance(`(module
    (type $s (struct (field $value (mut externref)) (field $any anyref)))
    (global $kept (mut (ref null $s)) (ref.null $s))
    (func (export "wrap") (param externref)
      (global.set $kept (struct.new $s (local.get 0) (any.convert_extern (local.get 0)))))
    (func (export "open") (result externref externref)
      (struct.get $s $value (global.get $kept))
      (extern.convert_any (struct.get $s $any (global.get $kept))))
    (func (export "convert") (param externref) (result externref)
      (extern.convert_any (any.convert_extern (local.get 0)))))`);
  for (const value of [{}, 1, "text", undefined, Symbol("s")]) {
    wrap(value);
    gc();
    for (const back of open()) same(back, value);
    same(convert(value), value);
  }
  same(convert(null), null);
});

await run();
