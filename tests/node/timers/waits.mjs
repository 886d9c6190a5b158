// timers/promises: values, signals, intervals, the scheduler.
import { setTimeout as sleep, setImmediate as soon, setInterval as every, scheduler } from "node:timers/promises";
import { promisify } from "node:util";
import shown from "../show.js";
const { wait } = shown;
await wait("value", async () => [
  await sleep(1, "v"),
  await sleep(undefined, 5),
  await sleep(),
  await soon("i"),
  await promisify(setTimeout)(1, "p"),
  await promisify(setImmediate)("q"),
]);
await wait("aborted", () => sleep(1000, 1, { signal: AbortSignal.abort("why") }));
const stop = new AbortController();
setTimeout(() => stop.abort(new RangeError("r")), 2);
await wait("later", () => sleep(1000, 1, { signal: stop.signal }));
await wait("cause", async () => {
  try {
    await sleep(1, 1, { signal: AbortSignal.abort("why") });
  } catch (e) {
    return [e.cause, e.name];
  }
});
await wait("bad options", () => sleep(1, 1, 5));
await wait("bad signal", () => sleep(1, 1, { signal: {} }));
await wait("bad ref", () => sleep(1, 1, { ref: 5 }));
await wait("bad delay", () => sleep("x"));
const end = new AbortController();
const order = [];
const first = sleep(20).then(() => order.push("20"));
const second = sleep(2).then(() => order.push("2"));
await Promise.all([first, second]);
const late = sleep(10_000, 0, { ref: false });
const iterator = every(1);
