// Instances of stacklets, one after the other: more memories than there is address space for at once.
import fs from "node:fs";
import { Stacklet, instantiateAsync, lazy } from "bident:stacklet";
import { test, run, same, holds, module } from "../harness.mjs";

const COUNT = 17_000;
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]);

/** So many of what `make` makes; the second half takes no more memory. */
async function many(make) {
  let before;
  for (let i = 0; i < COUNT; i++) {
    await make(i);
    if (i === COUNT / 2) before = resident();
  }
  const more = resident() - before;
  holds(more < 32768, `${more} KiB more`);
}

const plain = module`(module (import "m" "f" (func $f (param i32) (result i32)))
  (memory (export "memory") 1) (table (export "table") 1 funcref) (global (export "global") (mut i32) (i32.const 0))
  (func (export "call") (param i32) (result i32)
    (i32.store (i32.const 8) (call $f (local.get 0))) (i32.load (i32.const 8))))`;

async function call(i, f, stacklet) {
  const { exports } = await instantiateAsync(plain, { m: { f } }, stacklet);
  new Int32Array(exports.memory.buffer)[3] = i;
  same(await exports.call(i), i + 1);
}

test("with a stacklet of its own each", () => many((i) => call(i, (x) => x + 1)));

test("with a stacklet of its own each, and calls that wait", () => many((i) => call(i, async (x) => x + 1)));

test("all of one stacklet", () => {
  const stacklet = new Stacklet();
  return many((i) => call(i, (x) => x + 1, stacklet));
});

const primary = module`(module (import "late" "f" (func $f (result i32))) (memory (export "memory") 1)
  (func (export "call") (result i32) (call $f)))`;
const late = module`(module (memory 1) (func (export "f") (result i32) (i32.const 7)))`;

test("with a module that is loaded late", () =>
  many(async () => {
    const { exports } = await instantiateAsync(primary, { late: lazy(() => late) });
    same(exports.call(), 7);
  }));

test("with a module that is never loaded", () =>
  many(() => instantiateAsync(primary, { late: lazy(() => late) })));

const maker = module`(module
  (type $run (func)) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
  (tag $idle (export "idle") (result (ref $run))) (memory 1)
  (elem declare func $serve)
  (func $serve (param $run (ref $run))
    (loop $next (call_ref $run (local.get $run)) (local.set $run (suspend $idle)) (br $next)))
  (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $serve))))`;
const stack = () => {
  const { make, idle } = new WebAssembly.Instance(maker).exports;
  return Stacklet.from(make, idle);
};

test("with a stack each that WebAssembly made", () => many((i) => call(i, (x) => x + 1, stack())));

test("all on one stack that WebAssembly made", () => {
  const stacklet = stack();
  return many((i) => call(i, (x) => x + 1, stacklet));
});

await run();
