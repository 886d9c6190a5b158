// What AsyncLocalStorage keeps while WebAssembly is suspended: each call has what it was suspended with.
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
const section = (id, ...body) => [id, body.flat().length, ...body.flat()], text = (t) => [t.length, ...Buffer.from(t)];
const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0,
  section(1, 2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 1, 0x7f, 0),
  section(2, 2, text("m"), text("wait"), 0, 0, text("m"), text("say"), 0, 1),
  section(3, 1, 0),
  section(7, 1, text("four"), 0, 2),
  // Waits, says; four times.
  section(10, 1, 28, 0, ...Array(4).fill([0x20, 0, 0x10, 0, 0x10, 1]).flat(), 0x20, 0, 0x0b),
].flat()));
const store = new AsyncLocalStorage();
const waits = { settled: (i) => Promise.resolve(i), value: (i) => i, timer: (i) => sleep(1 + (i % 3), i), thenable: (i) => ({ then(done) { done(i); } }), inner: (i) => store.run("inner", () => sleep(1, i)) };
for (const [name, wait] of Object.entries(waits)) {
  const wrong = [];
  let count = 0;
  const say = (i) => { count++; if (store.getStore() !== i) wrong.push([i, store.getStore()]); };
  const { four } = new WebAssembly.Instance(module, { m: { wait: new WebAssembly.Suspending(wait), say } }).exports;
  const run = WebAssembly.promising(four);
  const results = await Promise.all(Array.from({ length: 30 }, (_, i) => store.run(i, async () => { const result = await run(i); return [result, store.getStore()].every((x) => x === i); })));
  console.log(name, count, wrong, results.every(Boolean), store.getStore());
}
// What a rejection leads to, and what comes behind.
const fails = (i) => sleep(1).then(() => { throw new Error(`failed ${store.getStore()}`); });
const { four } = new WebAssembly.Instance(module, { m: { wait: new WebAssembly.Suspending(fails), say() {} } }).exports;
await store.run("rejected", () => WebAssembly.promising(four)(1).catch((error) => console.log(error.message, store.getStore())));
