// Measures one kernel inside V8: node v8.mjs KERNELS.wasm NAME N. Prints nanoseconds for each of n; with
// --answer in front of the file, what the kernel gives instead.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const answers = process.argv[2] === "--answer";
const [file, name, count] = process.argv.slice(answers ? 3 : 2);
const n = Number(count);
const { instance } = await WebAssembly.instantiate(readFileSync(file));
const kernel = instance.exports[name];

function time(n) {
  const start = performance.now();
  kernel(n);
  return (performance.now() - start) * 1e6;
}

if (answers) {
  console.log(kernel(n));
  process.exit();
}

// What is called once goes on in baseline code however long it loops: let the optimizing compiler, which
// works in the background, see the kernel and finish before the run that counts.
for (let round = 0; round < 3; round++) {
  kernel(Math.ceil(n / 10));
  await sleep(30);
}
const one = time(1);
console.log((time(n) - one) / n);
