// Three calls at once of one exported function of one instance. Each is a plain loop in WebAssembly
// (sum.wat) that calls an import; the import returns promises, and the call waits for each of them.

import { readFileSync } from "node:fs";

const COUNT = 4;
const DELAYS = { 1: 20, 2: 50, 3: 85 }; // milliseconds that each reader takes for a value

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const read = { 1: 0, 2: 0, 3: 0 };

async function next(reader) {
  await sleep(DELAYS[reader]);
  read[reader] += 1;
  const value = reader * 10 ** read[reader];
  console.log(`  reader ${reader} read ${value}`);
  return value;
}

// sum.wasm is sum.wat in binary; a test keeps the two the same.
const module = new WebAssembly.Module(readFileSync(new URL("sum.wasm", import.meta.url)));
const instance = new WebAssembly.Instance(module, { host: { next: new WebAssembly.Suspending(next) } });
const sum = WebAssembly.promising(instance.exports.sum);

const calls = [1, 2, 3].map((reader) => sum(reader, COUNT));
console.log(`${calls.length} calls wait in one instance:`);
const sums = await Promise.all(calls);
sums.forEach((result, i) => console.log(`sum of reader ${i + 1}: ${result}`));
