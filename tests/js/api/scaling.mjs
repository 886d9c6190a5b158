// Nothing costs more than its number of parts asks for.

import { test, run, same, holds } from "../harness.mjs";

const FACTOR = 8;
const TRIES = 6;

// `prepare(n)` gives the work to be timed. Eight times the parts may take 24 times the time, in the best
// of some tries: a machine that is busy makes one slow, a cost that grows with the square makes all.
function linear(name, n, prepare) {
  test(name, async () => {
    const time = async (n) => {
      const work = await prepare(n);
      const start = performance.now();
      await work();
      return performance.now() - start;
    };
    const ratios = [];
    while (ratios.length < TRIES) {
      const small = await time(n);
      const ratio = (await time(FACTOR * n)) / small;
      if (ratio < 3 * FACTOR) return;
      ratios.push(ratio.toFixed(1));
    }
    throw new Error(`${FACTOR} times the parts took ${ratios.join(", ")} times as long`);
  });
}

const each = (n, part) => Array.from({ length: n }, (_, i) => part(i)).join("\n");
const compile = (text) => new WebAssembly.Module(wat(`(module ${text})`));
const link = (text, imports) => new WebAssembly.Instance(compile(text), imports).exports;

linear("functions that are imported and exported again", 500, (n) => {
  const module = compile(each(n, (i) => `(import "m" "f${i}" (func $f${i})) (export "f${i}" (func $f${i}))`));
  const imports = Object.fromEntries(Array.from({ length: n }, (_, i) => [`f${i}`, () => i]));
  return () => {
    const { exports } = new WebAssembly.Instance(module, { m: imports });
    same(exports.f0.name !== exports[`f${n - 1}`].name, true);
  };
});

linear("exports of every kind", 300, (n) => {
  const module = compile(each(n, (i) => `(func (export "f${i}")) (global (export "g${i}") i32 (i32.const ${i}))
    (table (export "t${i}") 1 funcref) (tag (export "e${i}") (param i32))`));
  return () => {
    const { exports } = new WebAssembly.Instance(module);
    for (let i = 0; i < n; i++) same(exports[`g${i}`].value, i);
  };
});

linear("imports of every kind", 300, (n) => {
  const module = compile(each(n, (i) => `(import "m" "g${i}" (global i32)) (import "m" "t${i}" (table 1 funcref))
    (import "m" "e${i}" (tag))`));
  const m = {};
  for (let i = 0; i < n; i++) {
    m[`g${i}`] = new WebAssembly.Global({ value: "i32" }, i);
    m[`t${i}`] = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
    m[`e${i}`] = new WebAssembly.Tag({ parameters: [] });
  }
  return () => new WebAssembly.Instance(module, { m });
});

linear("the lists of a module", 1000, (n) => {
  const module = compile(`${each(n, (i) => `(import "m" "f${i}" (func))`)} ${each(n, (i) => `(func (export "f${i}"))`)}
    ${each(n, () => '(@custom "section" "content")')}`);
  return () => {
    same(WebAssembly.Module.imports(module).length, n);
    same(WebAssembly.Module.exports(module).length, n);
    same(WebAssembly.Module.customSections(module, "section").length, n);
  };
});

linear("modules and instances", 40, (n) => {
  const bytes = wat('(module (func (export "f") (result i32) (i32.const 1)))');
  return () => {
    for (let i = 0; i < n; i++) same(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f(), 1);
  };
});

linear("instances of one module", 500, (n) => {
  const module = compile('(func (export "f") (result i32) (i32.const 1)) (table 1 funcref) (global i32 (i32.const 1))');
  return () => {
    for (let i = 0; i < n; i++) same(new WebAssembly.Instance(module).exports.f(), 1);
  };
});

linear("tables: read, written, grown", 2000, (n) => {
  const functions = link(`${each(n, (i) => `(func $f${i} (result i32) (i32.const ${i}))`)}
    (table (export "table") funcref (elem ${each(n, (i) => `$f${i}`)}))`).table;
  const values = new WebAssembly.Table({ element: "externref", initial: 0 });
  return () => {
    for (let i = 0; i < n; i++) {
      same(values.grow(1, { i }), i);
      same(functions.get(i), functions.get(i));
    }
    for (let i = 0; i < n; i++) {
      values.set(i, values.get(n - 1 - i));
      functions.set(i, functions.get(n - 1));
    }
  };
});

linear("globals of host values", 5000, (n) => () => {
  const globals = Array.from({ length: n }, (_, i) => new WebAssembly.Global({ value: "externref", mutable: true }, { i }));
  for (let i = 0; i < n; i++) globals[i].value = globals[n - 1 - i].value;
});

linear("host values that come and go", 5000, (n) => {
  const { pass } = link('(func (export "pass") (param externref) (result externref) (local.get 0))');
  return () => {
    for (let i = 0; i < n; i++) same(pass({ i }).i, i);
  };
});

// Collections of what WebAssembly holds, and what owns it.

linear("values in a table, which live", 20000, (n) => {
  const table = new WebAssembly.Table({ element: "externref", initial: n });
  for (let i = 0; i < n; i++) table.set(i, { i });
  return () => {
    for (let i = 0; i < 4; i++) gc();
    same(table.get(n - 1).i, n - 1);
  };
});

linear("tables in a row, each with the next, which live and die", 4000, (n) => () => {
  let first;
  for (let i = 0; i < n; i++) first = new WebAssembly.Table({ element: "externref", initial: 1 }, { i, first });
  for (let i = 0; i < 4; i++) gc();
  same(first.get(0).i, n - 1);
  first = undefined;
  for (let i = 0; i < 4; i++) gc();
});

linear("owners that all lead to the same", 4000, (n) => {
  const { table } = link('(table (export "table") 1000 externref)');
  for (let i = 0; i < 1000; i++) table.set(i, { table });
  const module = compile('(import "m" "table" (table 1000 externref)) (func (export "f"))');
  const all = Array.from({ length: n }, () => new WebAssembly.Instance(module, { m: { table } }).exports.f);
  return () => {
    for (let i = 0; i < 4; i++) gc();
    same(all.length, n);
  };
});

linear("tags, and exceptions with them", 1000, (n) => {
  const tags = () => Array.from({ length: n }, () => new WebAssembly.Tag({ parameters: ["i32", "externref"] }));
  return () => {
    const made = tags().map((tag, i) => new WebAssembly.Exception(tag, [i, { i }]));
    made.forEach((exception, i) => holds(!exception.is(WebAssembly.JSTag), `${i}`));
  };
});

linear("exceptions that pass through", 1000, (n) => {
  const tag = new WebAssembly.Tag({ parameters: ["externref"] });
  const { call } = link('(import "m" "f" (func $f (param i32))) (func (export "call") (param i32) (call $f (local.get 0)))', {
    m: { f: (i) => { throw new WebAssembly.Exception(tag, [{ i }]); } },
  });
  return () => {
    const caught = [];
    for (let i = 0; i < n; i++) try { call(i); } catch (error) { caught.push(error); }
    caught.forEach((error, i) => same(error.getArg(tag, 0).i, i));
  };
});

linear("values of an exception", 100, (n) => {
  const parameters = Array.from({ length: n }, (_, i) => ["i32", "f64", "externref"][i % 3]);
  const tag = new WebAssembly.Tag({ parameters });
  return () => {
    for (let round = 0; round < 20; round++) {
      const exception = new WebAssembly.Exception(tag, Array.from({ length: n }, (_, i) => i));
      for (let i = 0; i < n; i++) same(exception.getArg(tag, i), i);
    }
  };
});

linear("traps", 500, (n) => {
  const { f } = link('(func (export "f") unreachable)');
  return () => {
    const traps = [];
    for (let i = 0; i < n; i++) try { f(); } catch (error) { traps.push(error); }
    same(traps.length, n);
  };
});

linear("promising wrappers, and calls that wait", 300, (n) => {
  const settle = [];
  const wait = new WebAssembly.Suspending(() => new Promise((resolve) => settle.push(resolve)));
  const exports = link(`(import "m" "wait" (func $wait (result i32)))
    ${each(n, (i) => `(func (export "f${i}") (result i32) (i32.add (call $wait) (call $wait)))`)}`, { m: { wait } });
  return async () => {
    const calls = [];
    for (let i = 0; i < n; i++) calls.push(WebAssembly.promising(exports[`f${i}`])());
    while (settle.length > 0) {
      for (const resolve of settle.splice(0).reverse()) resolve(1);
      await null;
      await null;
      await null;
    }
    for (const sum of await Promise.all(calls)) same(sum, 2);
  };
});

linear("one call that waits often", 2000, (n) => {
  const wait = new WebAssembly.Suspending((i) => i - 1);
  const { f } = link(`(import "m" "wait" (func $wait (param i32) (result i32)))
    (func (export "f") (param i32) (loop $l (br_if $l (local.tee 0 (call $wait (local.get 0))))))`, { m: { wait } });
  return () => WebAssembly.promising(f)(n);
});

linear("a memory that grows", 400, (n) => {
  const { memory, grow } = link('(memory (export "memory") 0 8000) (func (export "grow") (drop (memory.grow (i32.const 1))))');
  return () => {
    for (let i = 1; i <= n; i++) {
      grow();
      same(memory.buffer.byteLength, i * 65536);
    }
  };
});

// Memories are scarce: one set of them.
test("memories whose buffers are shown", () => {
  const { f } = link('(func (export "f"))');
  const calls = () => {
    let best = Infinity;
    for (let round = 0; round < 10; round++) {
      const start = performance.now();
      for (let i = 0; i < 2000; i++) f();
      best = Math.min(best, performance.now() - start);
    }
    return best;
  };
  const memories = [new WebAssembly.Memory({ initial: 1 })];
  memories[0].buffer;
  const one = calls();
  for (let i = 0; i < 1000; i++) memories.push(new WebAssembly.Memory({ initial: 1 }));
  const buffers = memories.map((memory) => memory.buffer);
  const many = calls();
  holds(many < 3 * one, `calls beside 1001 memories took ${many} ms, beside one ${one} ms`);
  memories.forEach((memory, i) => same(memory.buffer, buffers[i]));
  for (const memory of memories) memory.grow(1);
  for (const buffer of buffers) same(buffer.byteLength, 0);
});

await run();
