// map, filter, take and the other helpers of readable streams.
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import shown from "../show.js";
const { wait } = shown;
const numbers = () => Readable.from([1, 2, 3, 4, 5]);
await wait("some every find", async () => [
  await numbers().some((x) => x > 4),
  await numbers().every((x) => x > 4),
  await numbers().find((x) => x > 2),
  await numbers().find((x) => x > 9),
]);
await wait("forEach", async () => {
  const got = [];
  await numbers().forEach((x) => {
    got.push(x);
  });
  return got;
});
await wait("throws", () =>
  numbers()
    .map((x) => {
      if (x === 3) throw new Error("three");
      return x;
    })
    .toArray(),
);
await wait("aborted", () => numbers().toArray({ signal: AbortSignal.abort() }));
await wait("bad function", () => numbers().map(5));
await wait("bad take", () => numbers().take(-1));
await wait("bad concurrency", () =>
  numbers()
    .map((x) => x, { concurrency: 0 })
    .toArray(),
);
