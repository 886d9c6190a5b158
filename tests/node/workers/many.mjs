// Many workers, one after the other and at once; a pool that shares work; what ends with its parent.
import { Worker } from "node:worker_threads";
import { once } from "node:events";
const text = "const { parentPort, workerData } = require('node:worker_threads'); parentPort.postMessage(workerData * 2)";
let sum = 0;
for (let i = 0; i < 10; i++) {
  const worker = new Worker(text, { eval: true, workerData: i });
  sum += (await once(worker, "message"))[0];
  await once(worker, "exit");
}
console.log(sum);
const results = await Promise.all(Array.from({ length: 12 }, async (_, i) => {
  const worker = new Worker(text, { eval: true, workerData: i });
  const [[result], [code]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
  return [result, code];
}));
console.log(results.map(([result]) => result).join(), results.every(([, code]) => code === 0));
const pool = Array.from({ length: 3 }, () => new Worker("const { parentPort } = require('node:worker_threads'); parentPort.on('message', (n) => { let f = 1n; for (let i = 2n; i <= n; i++) f *= i; parentPort.postMessage([n, String(f).length]) })", { eval: true }));
const jobs = Array.from({ length: 30 }, (_, i) => BigInt(i * 10)), done = new Map();
await Promise.all(pool.map(async (worker) => {
  for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
    worker.postMessage(job);
    const [[n, digits]] = await once(worker, "message");
    done.set(n, digits);
  }
  await worker.terminate();
}));
console.log(done.size, done.get(290n), done.get(100n));
const parent = new Worker("const { Worker } = require('node:worker_threads'); new Worker('for (;;) ;', { eval: true }).on('online', () => process.exit(3))", { eval: true });
console.log(await once(parent, "exit"));
