// Memory that threads share: counters, waits in both directions, buffers of memories that WebAssembly uses.
import { Worker } from "node:worker_threads";
const run = (text, workerData) => new Promise((done, fail) => {
  const worker = new Worker(`const { workerData, parentPort } = require("node:worker_threads"); ${text}`, { eval: true, workerData });
  worker.on("error", fail);
  worker.on("exit", done);
});
const counts = new Int32Array(new SharedArrayBuffer(8));
await Promise.all(Array.from({ length: 4 }, () => run("for (let i = 0; i < 10000; i++) Atomics.add(workerData, 0, 1)", counts)));
console.log(counts[0]);
// A worker that waits is woken.
const flags = new Int32Array(new SharedArrayBuffer(16));
const waits = run("const result = Atomics.wait(workerData, 0, 0); Atomics.store(workerData, 1, result === 'ok' ? 1 : 2); Atomics.notify(workerData, 1)", flags);
while (Atomics.notify(flags, 0) === 0) await new Promise((done) => setTimeout(done, 1));
await waits;
console.log(flags[1]);
// The main thread waits.
const answers = run("setTimeout(() => { Atomics.store(workerData, 2, 7); Atomics.notify(workerData, 2) }, 20)", flags);
console.log(Atomics.wait(flags, 2, 0), flags[2], Atomics.wait(flags, 2, 0), Atomics.wait(flags, 3, 0, 5));
await answers;
// (memory (import "m" "m") 1 2 shared) (func (export "add") (loop ... i32.atomic.rmw.add)))
const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 0x60, 1, 0x7f, 0, 2, 9, 1, 1, 109, 1, 109, 2, 3, 1, 2, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 25, 1, 23, 0, 3, 0x40, 0x41, 0, 0x41, 1, 0xfe, 0x1e, 2, 0, 0x1a, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 11, 11];
const module = new WebAssembly.Module(new Uint8Array(bytes));
const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
const { add } = new WebAssembly.Instance(module, { m: { m: memory } }).exports;
const others = Array.from({ length: 3 }, () => run("new WebAssembly.Instance(workerData.module, { m: { m: workerData.memory } }).exports.add(5000)", { module, memory }));
add(5000);
await Promise.all(others);
console.log(new Int32Array(memory.buffer)[0]);
// What one thread adds to a memory the others have.
await run("workerData.grow(1); new Uint8Array(workerData.buffer)[70000] = 9", memory);
console.log(memory.buffer.byteLength, new Uint8Array(memory.buffer)[70000]);
const same = new SharedArrayBuffer(4);
await run("const [a, b, c] = workerData; if (a !== b || c.buffer !== a || c.length !== 2) throw new Error('not the same')", [same, same, new Uint8Array(same, 1, 2)]);
const clone = structuredClone(new Uint8Array(same));
clone[0] = 5;
console.log(new Uint8Array(same)[0], same instanceof SharedArrayBuffer, Object.prototype.toString.call(same), same.byteLength, same.growable);
class Own extends SharedArrayBuffer {}
console.log(new Own(3) instanceof Own, new Own(3).byteLength, new SharedArrayBuffer(0).byteLength, SharedArrayBuffer.length, SharedArrayBuffer.name);
console.log(new SharedArrayBuffer(6).slice(1, 3).byteLength, SharedArrayBuffer[Symbol.species] === SharedArrayBuffer, SharedArrayBuffer.prototype.constructor === SharedArrayBuffer);
for (const length of [-1, 2 ** 53, "x"]) try { console.log(new SharedArrayBuffer(length).byteLength); } catch (error) { console.log(error.name); }
