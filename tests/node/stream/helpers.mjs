// map, filter, take and the other helpers of readable streams.
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import shown from "../show.js";
const { wait } = shown;
const numbers = () => Readable.from([1, 2, 3, 4, 5]);
await wait("map", () =>
  numbers()
    .map((x) => x * 2)
    .toArray(),
);
await wait("map concurrent", () =>
  numbers()
    .map(
      async (x) => {
        await sleep(6 - x);
        return x;
      },
      { concurrency: 3 },
    )
    .toArray(),
);
await wait("filter", () =>
  numbers()
    .filter(async (x) => x % 2)
    .toArray(),
);
await wait("flatMap", () =>
  numbers()
    .flatMap((x) => Array(x % 3).fill(x))
    .toArray(),
);
await wait("take drop", async () => [
  await numbers().take(2).toArray(),
  await numbers().drop(3).toArray(),
  await numbers().take(0).toArray(),
]);
await wait("reduce", async () => [
  await numbers().reduce((a, b) => a + b),
  await numbers().reduce((a, b) => a + b, 10),
]);
await wait("reduce none", () => Readable.from([]).reduce((a, b) => a + b));
