// The second stack of C programs: a region for each call, by an option of the stacklet.
import { Stacklet, instantiateAsync } from "bident:stacklet";
import { test, run, same, list, holds, rejects, throws, later, module } from "../harness.mjs";

const { RuntimeError } = WebAssembly;

// What a C compiler makes of a function with an array of 64 numbers on its stack: fills it with its
// argument, waits, and sums it up. `answer` is the address that the import may write to.
const text = (name) => `(module
  (import "m" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 2)
  (global $sp ${name} (mut i32) (i32.const 65536))
  (func (export "sum") (param i32) (result i32) (local $base i32) (local $i i32) (local $sum i32)
    (local.set $base (i32.sub (global.get $sp) (i32.const 272)))
    (global.set $sp (local.get $base))
    (loop $fill
      (i32.store (i32.add (local.get $base) (i32.shl (local.get $i) (i32.const 2))) (local.get 0))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))
    (drop (call $wait (i32.add (local.get $base) (i32.const 256))))
    (local.set $i (i32.const 0))
    (loop $add
      (local.set $sum (i32.add (local.get $sum) (i32.load (i32.add (local.get $base) (i32.shl (local.get $i) (i32.const 2))))))
      (br_if $add (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 64))))
    (local.set $sum (i32.add (local.get $sum) (i32.load (i32.add (local.get $base) (i32.const 256)))))
    (global.set $sp (i32.add (local.get $base) (i32.const 272)))
    (local.get $sum))
  (func (export "deep") (param i32) (result i32)
    (global.set $sp (i32.sub (global.get $sp) (local.get 0)))
    (drop (call $wait (i32.const 0)))
    (global.set $sp (i32.add (global.get $sp) (local.get 0)))
    (i32.const 1)))`;
const exported = text(`(export "__stack_pointer")`);

async function make(options, source = exported) {
  const settle = [];
  const wait = () => new Promise((resolve) => settle.push(resolve));
  const { exports } = await instantiateAsync(module([source]), { m: { wait: (at) => wait().then((v) => (at && new Int32Array(exports.memory.buffer).set([v], at / 4), v)) } }, new Stacklet(options));
  return { settle, ...exports };
}

async function hundred(options) {
  const { sum, settle } = await make(options);
  const answer = (i) => settle[i](1000 * i);
  const calls = [];
  // The first ones end while their neighbours wait, and others begin then.
  for (let i = 0; i < 50; i++) calls.push(sum(i));
  for (let i = 0; i < 25; i++) answer(i);
  await later();
  for (let i = 50; i < 100; i++) calls.push(sum(i));
  for (let i = 0; i < 75; i++) answer(25 + ((i * 37) % 75));
  const values = await Promise.all(calls);
  return values.filter((value, i) => value === 64 * i + 1000 * i).length;
}

test("a hundred calls with arrays, ended in any order", async () => {
  for (const options of [{ secondStack: true }, { secondStack: { regionSize: 4096, newPages: true } }, { secondStack: { pointer: "__stack_pointer" } }, { secondStack: { pointer: 0, maxRegions: 100 } }]) {
    same(await hundred(options), 100);
  }
});

test("without the option the same shows the damage", async () => {
  for (const options of [undefined, {}, { secondStack: false }]) {
    const right = await hundred(options);
    if (right === 100) throw new Error("no damage");
  }
});

test("overflow is a trap", async () => {
  const { deep, settle } = await make({ secondStack: { regionSize: 4096 } });
  throws(RuntimeError, () => deep(100000), /second stack/);
  const fine = deep(1000);
  settle.at(-1)(0);
  same(await fine, 1);
});

test("no pointer: the error says how to name it", async () => {
  const hidden = text("").replace("(global $sp", "(global").replaceAll("$sp", "0");
  await rejects(TypeError, make({ secondStack: true }, hidden), /__stack_pointer.*in JavaScript `pointer`\)$/);
  // By number.
  const { sum, settle } = await make({ secondStack: { pointer: 0 } }, hidden);
  const answer = sum(1);
  settle[0](5);
  same(await answer, 69);
});

test("too many calls at once, and regions that are used again", async () => {
  const { sum, settle } = await make({ secondStack: { maxRegions: 2 } });
  const calls = [sum(1), sum(2)];
  throws(RangeError, () => sum(3), /region/);
  settle.forEach((resolve) => resolve(0));
  list(await Promise.all(calls), [64, 128]);
  const again = sum(3);
  settle.at(-1)(0);
  same(await again, 192);
  await later();
});

test("what is no option", () => {
  const wrong = (secondStack) => () => new Stacklet({ secondStack });
  throws(TypeError, () => new Stacklet(5), /options/);
  for (const value of [5, "yes", null, { pointer: 1.5 }, { pointer: {} }, { regionSize: -1 }, { maxRegions: "many" }, { malloc: "malloc" }, { range: 5 }, { range: [1] }]) {
    throws(TypeError, wrong(value), /must be/);
  }
});

test("regions come from malloc, or from a range, and are used again", async () => {
  // A block of the size that is asked for, from 65536 up; nothing is given back.
  const malloc = (name, other) => exported.replace("(memory", `(global $top (mut i32) (i32.const 65536))
    (func (export "${name}") (param i32) (result i32) (global.get $top) (global.set $top (i32.add (global.get $top) (local.get 0))))
    (func (export "${other}") (param i32))
    (memory`);
  for (const [options, source] of [
    [{ regionSize: 4096 }, malloc("malloc", "free")],
    [{ regionSize: 4096, malloc: "take", free: "give" }, malloc("take", "give")],
    [{ regionSize: 4096, range: [65536, 131072] }, exported],
  ]) {
    const places = [];
    const settle = [];
    const wait = (at) => (places.push(at), new Promise((resolve) => settle.push(resolve)));
    const { exports } = await instantiateAsync(module([source]), { m: { wait } }, new Stacklet({ secondStack: options }));
    for (let round = 0; round < 5; round++) {
      const calls = [exports.sum(1), exports.sum(2), exports.sum(3)];
      for (const i of [1, 0, 2]) settle[3 * round + i](0);
      list(await Promise.all(calls), [64, 128, 192]);
    }
    for (const at of places) holds(at >= 65536 && at < 131072, `${at} lies in a region`);
    holds(new Set(places).size === 3, "regions of their own");
  }
});

test("an instance without a pointer joins the first one's stack", async () => {
  const stacklet = new Stacklet({ secondStack: true });
  const settle = [];
  const first = (await instantiateAsync(module([exported]), { m: { wait: () => new Promise((resolve) => settle.push(resolve)) } }, stacklet)).exports;
  const text = module`(module (import "a" "sum" (func $sum (param i32) (result i32))) (func (export "sum") (param i32) (result i32) (call $sum (local.get 0))))`;
  const { sum } = (await instantiateAsync(text, {}, stacklet, { a: first })).exports;
  const calls = [sum(1), first.sum(2), sum(3)];
  for (const i of [0, 2, 1]) { settle[i](0); await later(); }
  list(await Promise.all(calls), [64, 128, 192]);
});

await run();
