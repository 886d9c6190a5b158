// Cycles through JavaScript and WebAssembly: which die, and which last as long as the context.
import { test, run, same, holds, module } from "../harness.mjs";

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
const lasts = (name, make) => test(`${name} lasts`, () => same(left(make), COUNT));

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

// What WebAssembly holds by itself belongs to the realm, as QuickJS does not see where that leads.

lasts("an element of a table", (object) => {
  object.table = new WebAssembly.Table({ element: "externref", initial: 1 });
  object.table.set(0, object);
});

lasts("a global", (object) => {
  object.global = new WebAssembly.Global({ value: "externref", mutable: true }, object);
});

lasts("a global that an instance has for itself", (object) => {
  object.exports = make(shown);
  object.exports.set(object);
});

const structure = module`(module (type $s (struct (field externref)))
  (func (export "make") (param externref) (result anyref) (struct.new $s (local.get 0))))`;

lasts("a field of a structure", (object) => {
  object.structure = make(structure).make(object);
});

const continuing = module`(module (type $f (func (param externref))) (type $k (cont $f)) (type $g (func)) (type $l (cont $g))
  (elem declare func $body) (global $kept (mut (ref null $l)) (ref.null $l)) (func $body (param externref))
  (func (export "keep") (param externref)
    (global.set $kept (cont.bind $k $l (local.get 0) (cont.new $k (ref.func $body))))))`;

lasts("a stack that WebAssembly made", (object) => {
  object.exports = make(continuing);
  object.exports.keep(object);
});

const sharing = module`(module (import "m" "f" (func $f (result i32))) (import "m" "table" (table 1 funcref))
  (func (export "f") (result i32) (call $f)))`;

lasts("what is imported by an instance that can put functions where others find them", (object) => {
  object.table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  object.exports = make(sharing, { m: { f: () => object, table: object.table } });
});

lasts("a function in a table of JavaScript's", (object) => {
  object.table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  object.table.set(0, make(importing, { m: { f: () => object } }).f);
});

lasts("a WebAssembly.Function", (object) => {
  object.func = new WebAssembly.Function({ parameters: [], results: [] }, () => object);
});

await run();
