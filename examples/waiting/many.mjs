// Many calls of one exported function of one instance that wait at the same time: what each costs.
// Usage: many.mjs [COUNT]

import { readFileSync } from "node:fs";

const COUNT = Number(process.argv[2] ?? 100_000);
const PAGE = 4096;

const resident = () => Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * PAGE;
const each = (total, unit) => `${(total / COUNT).toFixed(0)} ${unit} each`;

let open;
const gate = new Promise((resolve) => (open = resolve));
const next = new WebAssembly.Suspending(() => gate);
const module = new WebAssembly.Module(readFileSync(new URL("sum.wasm", import.meta.url)));
const instance = new WebAssembly.Instance(module, { host: { next } });
const sum = WebAssembly.promising(instance.exports.sum);

// What a waiting call has of JavaScript objects, without WebAssembly: a promise with its two functions, an
// object that holds them, an async function that waits.
const objects = new Array(COUNT);
const empty = resident();
const wait = async (promise) => void (await promise);
for (let i = 0; i < COUNT; i++) {
  const object = {};
  object.promise = new Promise((resolve, reject) => { object.resolve = resolve; object.reject = reject; });
  wait(gate);
  objects[i] = object;
}
const javascript = resident() - empty;

const calls = new Array(COUNT);
const before = resident();
const start = performance.now();
for (let i = 0; i < COUNT; i++) calls[i] = sum(0, 1);
const started = performance.now();
const after = resident();
open(1);
const sums = await Promise.all(calls);
const finished = performance.now();

console.log(`${COUNT} calls waited at once; all returned 1: ${sums.every((result) => result === 1)}`);
console.log(`memory, JavaScript objects included: ${each(after - before, "B")}`);
console.log(`such JavaScript objects alone: ${each(javascript, "B")}`);
console.log(`to start: ${each((started - start) * 1e6, "ns")}`);
console.log(`to finish: ${each((finished - started) * 1e6, "ns")}`);
