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
await wait("tee", async () => {
  const [a, b] = ReadableStream.from(["x", "y"]).tee();
  const read = async (s) => {
    const all = [];
    for await (const v of s) all.push(v);
    return all;
  };
  return Promise.all([read(a), read(b)]);
});
await wait("from", async () => {
  const all = [];
  for await (const v of ReadableStream.from(
    (async function* () {
      yield 1;
      yield 2;
    })(),
  ))
    all.push(v);
  return all;
});
await wait("break", async () => {
  let reason = "none";
  for await (const v of new ReadableStream({
    pull(c) {
      c.enqueue(1);
    },
    cancel(r) {
      reason = r;
    },
  }))
    break;
  return reason;
});
