// What JSPI costs, and the same in JavaScript alone, in nanoseconds, under Bident and Node alike. Prints
// `NAME NS ALONE`, medians of five. The promises of `live` wait all at once, 10,000 or as many as an argument says.
import { readFileSync } from "node:fs";

const bytes = readFileSync(new URL("../examples/waiting/sum.wasm", import.meta.url));
const module = new WebAssembly.Module(bytes);
const sumOf = (next) => new WebAssembly.Instance(module, { host: { next } }).exports.sum;
const waiting = (f) => WebAssembly.promising(sumOf(new WebAssembly.Suspending(f)));
const most = Number(globalThis.process?.argv[2] ?? 10_000);

const one = () => 1;
const settled = Promise.resolve(1);
const pending = () => new Promise((resolve) => Promise.resolve().then(() => resolve(1)));

async function median(n, run) {
  await run(n / 10);
  const times = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    await run(n);
    times.push(((performance.now() - start) * 1e6) / n);
  }
  return times.sort((a, b) => a - b)[2];
}

async function measure(name, n, run, alone) {
  const [here, there] = [await median(n, run), await median(n, alone)];
  console.log(`${name} ${here.toFixed(0)} ${there.toFixed(0)}`);
}

const repeat = (f) => async (n) => {
  for (let i = 0; i < n; i++) await f();
};
// Calls that are not waited for, but the last.
const call = (f) => async (n) => {
  let last;
  for (let i = 0; i < n; i++) last = f();
  await last;
};

const plain = sumOf(one);
await measure("import", 1e6, (n) => plain(0, n), (n) => {
  for (let i = 0; i < n; i++) one();
});
for (const [name, n, f] of [["settled", 1e6, () => settled], ["plain", 1e6, one], ["pending", 1e5, pending]]) {
  const sum = waiting(f);
  await measure(name, n, (n) => sum(0, n), repeat(f));
}
const sum = waiting(() => settled);
await measure("call", 5e5, call(() => sum(0, 0)), call(async () => 0));
await measure("once", 2e5, repeat(() => sum(0, 1)), repeat(async () => await settled));

// So many at once: to start each, and to finish it.
async function live(start) {
  const times = [];
  for (let round = 0; round < 5; round++) {
    const { promise, resolve } = Promise.withResolvers();
    const call = start(promise);
    const begun = performance.now();
    const all = [];
    for (let i = 0; i < most; i++) all.push(call());
    const parked = performance.now();
    resolve(1);
    await Promise.all(all);
    times.push([parked - begun, performance.now() - parked]);
  }
  return [0, 1].map((i) => (times.map((t) => t[i]).sort((a, b) => a - b)[2] * 1e6) / most);
}

const [[start, finish], [startAlone, finishAlone]] = [
  await live((gate) => {
    const sum = waiting(() => gate);
    return () => sum(0, 1);
  }),
  await live((gate) => async () => await gate),
];
console.log(`live-start ${start.toFixed(0)} ${startAlone.toFixed(0)}`);
console.log(`live-finish ${finish.toFixed(0)} ${finishAlone.toFixed(0)}`);
