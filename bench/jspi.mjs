// What JSPI costs, in nanoseconds, under Bident and Node alike. Prints `NAME NS`, medians of five.
import { readFileSync } from "node:fs";

const bytes = readFileSync(new URL("../examples/waiting/sum.wasm", import.meta.url));
const module = new WebAssembly.Module(bytes);
const settled = Promise.resolve(1);
const next = new WebAssembly.Suspending(() => settled);
const sum = WebAssembly.promising(new WebAssembly.Instance(module, { host: { next } }).exports.sum);

async function measure(name, n, run) {
  await run(n / 10);
  const times = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    await run(n);
    times.push(((performance.now() - start) * 1e6) / n);
  }
  times.sort((a, b) => a - b);
  console.log(`${name} ${times[2].toFixed(0)}`);
}

// One call that waits for a settled promise n times.
await measure("wait", 1e6, (n) => sum(0, n));

// n calls that do not wait: the loop in WebAssembly ends before its first turn.
await measure("call", 5e5, async (n) => {
  let last;
  for (let i = 0; i < n; i++) last = sum(0, 0);
  await last;
});
