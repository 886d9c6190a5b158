// `node:timers/promises`.
import { setTimeout as wait, setImmediate as soon, setInterval as every, scheduler } from "node:timers/promises";
import timers from "node:timers";
import { promisify } from "node:util";
console.log(await wait(1, "value"), await soon("now"), await wait());
console.log(await promisify(setTimeout)(1, "p"), await promisify(setImmediate)("i"), timers.promises.setTimeout === wait);
let count = 0;
for await (const value of every(1, "tick")) {
  console.log(value);
  if (++count === 2) break;
}
const controller = new AbortController();
setTimeout(() => controller.abort("why"), 1);
await wait(1000, null, { signal: controller.signal }).catch((error) => console.log(error.name, error.code, error.cause));
await wait(1, null, { signal: AbortSignal.abort() }).catch((error) => console.log(error.name, error.code));
await wait(1, null, { signal: "no" }).catch((error) => console.log(error.name, error.code));
await wait(1, null, 5).catch((error) => console.log(error.name, error.code));
await wait("x").catch((error) => console.log(error.name, error.code));
await scheduler.wait(1);
console.log(await scheduler.yield());
