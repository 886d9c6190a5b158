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
const reader = counted.getReader();
reader.releaseLock();
await wait("count", () => [
  new CountQueuingStrategy({ highWaterMark: 3 }).size(),
  new CountQueuingStrategy({ highWaterMark: 3 }).highWaterMark,
]);
await wait("bad mark", () => {
  try {
    new ReadableStream({}, { highWaterMark: -1 });
  } catch (error) {
    return error.name;
  }
});
await wait("after close", () => {
  let c;
  new ReadableStream({
    start(x) {
      c = x;
    },
  });
  c.close();
  try {
    c.enqueue(1);
  } catch (error) {
    return error.name;
  }
});
