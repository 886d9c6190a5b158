// Cycles through JavaScript and WebAssembly die, whatever they lead through; what somebody has stays.
import { test, run, same, list, holds, module } from "../harness.mjs";
import { Stacklet, instantiateAsync, lazy } from "bident:stacklet";

const COUNT = 20;

/** Gives back what nobody has: more memories than a collection waits for. */
function collect() {
  for (let round = 0; round < 3; round++) {
    gc();
    for (let i = 0; i < 300; i++) new WebAssembly.Memory({ initial: 0 });
  }
  gc();
}

/** How many objects are there after `make` has made a cycle through each. */
function left(make) {
  const objects = [];
  for (let i = 0; i < COUNT; i++) {
    const object = {};
    make(object);
    objects.push(new WeakRef(object));
  }
  collect();
  return objects.filter((object) => object.deref()).length;
}

/** One may lie in a register or a frame still. */
const dies = (name, make) => test(`${name} dies`, () => holds(left(make) <= 1));

/** The same where `make` gives a promise. */
const diesLater = (name, make) => test(`${name} dies`, async () => {
  const objects = [];
  for (let i = 0; i < COUNT; i++) {
    let object = {};
    await make(object);
    objects.push(new WeakRef(object));
    object = undefined;
  }
  // A reference that is looked at stays until the job ends.
  await new Promise((resolve) => setTimeout(resolve));
  collect();
  holds(objects.filter((object) => object.deref()).length <= 1);
});

const make = (module, imports) => new WebAssembly.Instance(module, imports).exports;

const importing = module`(module (import "m" "f" (func $f (result i32))) (memory 1)
  (table (export "table") 1 funcref) (elem (i32.const 0) $f)
  (func (export "f") (result i32) (call $f)))`;
const shown = module`(module (memory (export "memory") 1) (table (export "table") 1 externref)
  (global (export "global") (mut externref) (ref.null extern)) (global $own (mut externref) (ref.null extern))
  (func (export "set") (param externref) (global.set $own (local.get 0))))`;

dies("a property of a memory, and of its buffer", (object) => {
  object.memory = make(shown).memory;
  object.memory.object = object.memory.buffer.object = object;
});

dies("a property of an exported function", (object) => {
  object.set = make(shown).set;
  object.set.object = object;
});

dies("a property of a function in a table", (object) => {
  object.table = make(importing, { m: { f: () => 1 } }).table;
  object.table.get(0).object = object;
});

dies("an imported function", (object) => {
  object.exports = make(importing, { m: { f: () => object } });
});

dies("an imported function, through a table that is exported", (object) => {
  object.table = make(importing, { m: { f: () => object } }).table;
});

dies("an imported function, through another instance", (object) => {
  object.exports = make(importing, { m: make(importing, { m: { f: () => object } }) });
});

dies("two instances that import from each other", (object) => {
  const first = make(importing, { m: { f: () => second.f() && object } });
  const second = make(importing, { m: first });
  object.second = second;
});

dies("an exception that JavaScript made", (object) => {
  object.exception = new WebAssembly.Exception(new WebAssembly.Tag({ parameters: ["externref"] }), [object]);
});

const throwing = module`(module (tag $t (param externref))
  (func (export "f") (param externref) (throw $t (local.get 0))))`;

dies("an exception that WebAssembly threw", (object) => {
  try {
    make(throwing).f(object);
  } catch (exception) {
    object.exception = exception;
  }
});

dies("an element of a table", (object) => {
  object.table = new WebAssembly.Table({ element: "externref", initial: 1 });
  object.table.set(0, object);
});

dies("a global", (object) => {
  object.global = new WebAssembly.Global({ value: "externref", mutable: true }, object);
});

dies("a global that an instance has for itself", (object) => {
  object.exports = make(shown);
  object.exports.set(object);
});

const structure = module`(module (type $s (struct (field externref)))
  (func (export "make") (param externref) (result anyref) (struct.new $s (local.get 0))))`;

dies("a field of a structure", (object) => {
  object.structure = make(structure).make(object);
});

const continuing = module`(module (type $f (func (param externref))) (type $k (cont $f)) (type $g (func)) (type $l (cont $g))
  (elem declare func $body) (global $kept (mut (ref null $l)) (ref.null $l)) (func $body (param externref))
  (func (export "keep") (param externref)
    (global.set $kept (cont.bind $k $l (local.get 0) (cont.new $k (ref.func $body))))))`;

dies("a stack that WebAssembly made", (object) => {
  object.exports = make(continuing);
  object.exports.keep(object);
});

const sharing = module`(module (import "m" "f" (func $f (result i32))) (import "m" "table" (table 1 funcref))
  (func (export "f") (result i32) (call $f)))`;

dies("what is imported by an instance that can put functions where others find them", (object) => {
  object.table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  object.exports = make(sharing, { m: { f: () => object, table: object.table } });
});

dies("a function in a table of JavaScript's", (object) => {
  object.table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  object.table.set(0, make(importing, { m: { f: () => object } }).f);
});

dies("a WebAssembly.Function", (object) => {
  object.func = new WebAssembly.Function({ parameters: [], results: [] }, () => object);
});

dies("a structure, through a table of another instance", (object) => {
  const { table } = make(module`(module (table (export "table") 1 anyref))`);
  table.set(0, make(structure).make(object));
  object.table = table;
});

dies("an object that several owners lead to", (object) => {
  const table = new WebAssembly.Table({ element: "externref", initial: 1 }, object);
  const global = new WebAssembly.Global({ value: "externref", mutable: true }, { object, table });
  object.all = [table, global, make(shown)];
  object.all[2].set(global);
});

const waiting = module`(module (import "m" "wait" (func $wait)) (global $own (mut externref) (ref.null extern))
  (func (export "f") (param externref) (global.set $own (local.get 0)) (call $wait) (drop (local.get 0))))`;

dies("a call that waits, and the import that it waits for", (object) => {
  const wait = new WebAssembly.Suspending(() => new Promise((resolve) => { object.resolve = resolve; }));
  object.promise = WebAssembly.promising(make(waiting, { m: { wait } }).f)(object);
});

const plain = module`(module (import "m" "f" (func $f (result i32))) (func (export "f") (result i32) (call $f)))`;

diesLater("an import of instantiateAsync", async (object) => {
  object.instance = await instantiateAsync(plain, { m: { f: () => object } }, new Stacklet());
});

diesLater("the function of lazy", async (object) => {
  const load = lazy(() => (object, plain));
  object.instance = await instantiateAsync(plain, { m: load });
});

const serving = module`(module (type $run (func)) (type $serve (func (param externref (ref $run))))
  (type $idle (func (param (ref $run)))) (type $k (cont $serve)) (type $l (cont $idle))
  (tag $idle (export "idle") (result (ref $run))) (elem declare func $serve)
  (func $serve (param $object externref) (param $run (ref $run))
    (loop $next
      (call_ref $run (local.get $run))
      (local.set $run (suspend $idle))
      (if (ref.is_null (local.get $object)) (then (unreachable)))
      (br $next)))
  (global $object (export "object") (mut externref) (ref.null extern))
  (func (export "make") (result (ref $l)) (local $object externref)
    (local.set $object (global.get $object)) (global.set $object (ref.null extern))
    (cont.bind $k $l (local.get $object) (cont.new $k (ref.func $serve)))))`;

/** A stacklet whose stack, which WebAssembly makes, has the object in a frame. */
const serve = (object) => {
  const server = make(serving);
  server.object.value = object;
  return Stacklet.from(server.make, server.idle);
};
const echo = module`(module (import "m" "f" (func $f (param externref) (result externref)))
  (func (export "f") (param externref) (result externref) (call $f (local.get 0))))`;

dies("a stack that is a stacklet", (object) => {
  object.stacklet = serve(object);
});

diesLater("a stack that is a stacklet, after calls", async (object) => {
  object.stacklet = serve(object);
  const { f } = (await instantiateAsync(echo, { m: { f: (value) => value } }, object.stacklet)).exports;
  same(f(object), object);
});

diesLater("a function of an instance whose stacklet is a stack", async (object) => {
  object.f = (await instantiateAsync(echo, { m: { f: (value) => value } }, serve(object))).exports.f;
  same(object.f(object), object);
});

diesLater("a call that waits on a stack that is a stacklet", async (object) => {
  const wait = () => new Promise((resolve) => { object.resolve = resolve; });
  object.instance = await instantiateAsync(echo, { m: { f: new WebAssembly.Suspending(wait) } }, serve(object));
  object.promise = object.instance.exports.f(object);
});

// What stays.

const value = () => ({ value: 7 });

test("what a frame holds that calls JavaScript stays", () => {
  const { f } = make(module`(module (import "m" "f" (func $f)) (func (export "f") (param externref) (result externref)
    (call $f) (local.get 0)))`, { m: { f: () => { for (let i = 0; i < 4; i++) collect(); } } });
  same(f(value()).value, 7);
});

test("what a stack that is a stacklet holds stays, idle and while a call waits, whoever has it", async () => {
  let weak;
  const begin = async () => {
    const object = value();
    weak = new WeakRef(object);
    const m = { f: new WebAssembly.Suspending((value) => new Promise((resolve) => setTimeout(resolve, 1, value))) };
    return (await instantiateAsync(echo, { m }, serve(object))).exports.f;
  };
  const f = await begin();
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    same(weak.deref().value, 7);
    const waiting = f(value());
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    same(weak.deref().value, 7);
    same((await waiting).value, 7);
  }
});

test("what a suspended stack holds that a frame has stays", () => {
  const { f } = make(module`(module (type $f (func (param externref) (result externref))) (type $k (cont $f))
    (type $g (func (result externref))) (type $l (cont $g)) (import "m" "f" (func $f)) (elem declare func $body)
    (func $body (param externref) (result externref) (local.get 0))
    (func (export "f") (param externref) (result externref) (local $l (ref null $l))
      (local.set $l (cont.bind $k $l (local.get 0) (cont.new $k (ref.func $body))))
      (local.set 0 (ref.null extern))
      (call $f) (resume $l (local.get $l))))`, { m: { f: () => collect() } });
  same(f(value()).value, 7);
});

test("what a call holds that waits stays, and so does what its instance holds", async () => {
  let go;
  const wait = new WebAssembly.Suspending(() => new Promise((resolve) => { go = resolve; }));
  const f = WebAssembly.promising(make(module`(module (import "m" "wait" (func $wait))
    (table $t 1 externref) (func (export "f") (param externref externref) (result externref externref)
      (table.set $t (i32.const 0) (local.get 1)) (call $wait)
      (local.get 0) (table.get $t (i32.const 0))))`, { m: { wait } }).f)({ value: 1 }, { value: 2 });
  collect();
  await null;
  collect();
  go();
  const values = await f;
  list(values.map((object) => object.value), [1, 2]);
});

test("what an owner leads to that a program has stays, whoever else is gone", () => {
  const table = new WebAssembly.Table({ element: "externref", initial: 2 });
  (() => {
    const object = { value: 3 };
    const global = new WebAssembly.Global({ value: "externref", mutable: true }, object);
    object.global = global;
    object.structure = make(structure).make({ value: 4, object });
    table.set(0, object);
    table.set(1, object.structure);
  })();
  collect();
  list([table.get(0).value, table.get(0).global.value.value, table.get(0).structure === table.get(1)], [3, 3, true]);
});

test("functions in a table of JavaScript's keep what they import, with what was set on them", () => {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  table.set(0, make(importing, { m: { f: () => 5 } }).f);
  table.get(0).mine = "set";
  collect();
  list([table.get(0)(), table.get(0).mine], [5, "set"]);
});

test("an exception keeps what it carries, also where only its object can be found", () => {
  const tag = new WebAssembly.Tag({ parameters: ["externref"] });
  const { t } = make(module`(module (import "m" "t" (tag $t (param externref)))
    (func (export "t") (param externref) (throw $t (local.get 0))))`, { m: { t: tag } });
  const caught = make(module`(module (import "m" "t" (tag $t (param externref))) (import "m" "f" (func $f))
    (func (export "f") (result externref) (block $h (result externref) (try_table (catch $t $h) (call $f)) unreachable)))`,
    { m: { t: tag, f: () => { throw thrown; } } });
  let thrown;
  try { t(value()); } catch (exception) { thrown = exception; }
  collect();
  same(caught.f().value, 7);
  let again;
  try { make(module`(module (import "m" "f" (func $f)) (func (export "f") (call $f)))`, { m: { f: () => { throw thrown; } } }).f(); }
  catch (exception) { again = exception; }
  holds(again === thrown);
});

test("a value that is set while others die", () => {
  const table = new WebAssembly.Table({ element: "externref", initial: 100 });
  for (let i = 0; i < 3000; i++) {
    const object = { i };
    object.own = new WebAssembly.Global({ value: "externref" }, object);
    table.set(i % 100, object);
    if (i % 200 === 0) gc();
  }
  for (let i = 0; i < 100; i++) same(table.get(i).own.value.i, 2900 + i);
});

await run();
