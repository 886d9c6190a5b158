// timers/promises: values, signals, intervals, the scheduler.
import { setTimeout as sleep, setImmediate as soon, setInterval as every, scheduler } from "node:timers/promises";
import { promisify } from "node:util";
import shown from "../show.js";
const { wait } = shown;
const stop = new AbortController();
setTimeout(() => stop.abort(new RangeError("r")), 2);
await wait("interval", async () => {
  let n = 0;
  for await (const v of every(1, "tick")) if (++n === 3) return [n, v];
});
const end = new AbortController();
await wait("interval aborted", async () => {
  for await (const v of every(1, "t", { signal: end.signal })) end.abort();
});
await wait("scheduler", async () => [
  await scheduler.wait(1),
  await scheduler.yield(),
  Object.prototype.toString.call(scheduler),
]);
await wait("new scheduler", () => new scheduler.constructor());
const order = [];
const first = sleep(20).then(() => order.push("20"));
const second = sleep(2).then(() => order.push("2"));
await Promise.all([first, second]);
console.log(order);
const late = sleep(10_000, 0, { ref: false });
console.log(late instanceof Promise, await Promise.race([sleep(5, "short"), late]));
const iterator = every(1);
console.log((await iterator.next()).done, await iterator.return("r"), await iterator.next());
