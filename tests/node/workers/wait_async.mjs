// `Atomics.waitAsync`, across threads and in one.
import { Worker } from "node:worker_threads";

// Who waits so keeps no program going.
const awake = setInterval(() => {}, 1000);
const words = new Int32Array(new SharedArrayBuffer(16));
const started = Atomics.waitAsync(words, 0, 0);
console.log(started.async, started.value instanceof Promise);
new Worker(`const { workerData: words } = require("worker_threads"); Atomics.store(words, 0, 1); while (Atomics.notify(words, 0) === 0);`, { eval: true, workerData: words });
console.log(await started.value);
console.log(Atomics.waitAsync(words, 0, 0), Atomics.waitAsync(words, 1, 0, 0));
console.log(await Atomics.waitAsync(words, 1, 0, 10).value);

const wide = new BigInt64Array(words.buffer, 8);
const both = [Atomics.waitAsync(wide, 0, 0n), Atomics.waitAsync(wide, 0, 0n)];
console.log(Atomics.notify(wide, 0, 1), await both[0].value, Atomics.notify(wide, 0), await both[1].value, Atomics.notify(wide, 0));

const worker = new Worker(`
  const { workerData: words, parentPort } = require("worker_threads");
  setTimeout(() => {}, 1e6);
  Atomics.waitAsync(words, 1, 0).value.then((result) => parentPort.postMessage(result));
  parentPort.postMessage("waits");`, { eval: true, workerData: words });
worker.on("message", (message) => {
  console.log(message);
  if (message === "waits") console.log(Atomics.notify(words, 1));
  else worker.terminate().then(() => clearInterval(awake));
});
for (const call of [() => Atomics.waitAsync(new Int32Array(4), 0, 0), () => Atomics.waitAsync(words, 4, 0), () => Atomics.waitAsync(wide, 0, 0), () => Atomics.waitAsync(new Uint8Array(words.buffer), 0, 0)]) {
  try {
    call();
  } catch (error) {
    console.log(error.name);
  }
}
