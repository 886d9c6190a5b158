// Readable streams: pulling, sizes, errors, cancelling, tee, iterating.
import shown from "../show.js";
const { wait } = shown;
const log = [];
const counted = new ReadableStream(
  {
    start() {
      log.push("start");
    },
    pull(c) {
      log.push("pull");
      c.enqueue(log.length);
      if (log.length > 4) c.close();
    },
    cancel(reason) {
      log.push(`cancel ${reason}`);
    },
  },
  { highWaterMark: 1 },
);
await Promise.resolve();
console.log(log.join());
const reader = counted.getReader();
await wait("read", async () => [(await reader.read()).value, (await reader.read()).value]);
console.log(log.join(), counted.locked);
await wait("locked", () => {
  try {
    counted.getReader();
  } catch (error) {
    return error.name;
  }
});
reader.releaseLock();
await wait("released", () => reader.read().catch((error) => error.name));
await wait("rest", async () => {
  const all = [];
  for await (const x of counted) all.push(x);
  return all;
});
