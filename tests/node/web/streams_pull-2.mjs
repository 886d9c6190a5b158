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
await wait("cancel", async () => {
  const s = new ReadableStream({
    cancel(reason) {
      return `ignored ${reason}`;
    },
  });
  return [await s.cancel("why"), (await s.getReader().read()).done];
});
await wait("error", () =>
  new ReadableStream({
    start(c) {
      c.error(new RangeError("bad"));
    },
  })
    .getReader()
    .read(),
);
await wait("throws", () =>
  new ReadableStream({
    pull() {
      throw new TypeError("pull");
    },
  })
    .getReader()
    .closed.catch((error) => error.message),
);
