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
await wait("keep", async () => {
  const s = new ReadableStream({
    pull(c) {
      c.enqueue(1);
    },
  });
  for await (const v of s.values({ preventCancel: true })) break;
  return s.locked;
});
await wait("bytes", async () => {
  const s = new ReadableStream({
    type: "bytes",
    pull(c) {
      const view = c.byobRequest?.view;
      if (view) {
        view[0] = 9;
        c.byobRequest.respond(1);
      } else c.enqueue(new Uint8Array([1]));
    },
  });
  const r = s.getReader({ mode: "byob" });
  return (await r.read(new Uint8Array(4))).value;
});
await wait("size", () => {
  let c;
  new ReadableStream(
    {
      start(x) {
        c = x;
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 10 }),
  );
  c.enqueue(new Uint8Array(4));
  return c.desiredSize;
});
