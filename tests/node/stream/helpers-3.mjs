// map, filter, take and the other helpers of readable streams.
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import shown from "../show.js";
const { wait } = shown;
const numbers = () => Readable.from([1, 2, 3, 4, 5]);
await wait("compose", async () => {
  let text = "";
  for await (const part of Readable.from(["a", "b"]).compose(async function* (source) {
    for await (const x of source) yield String(x).toUpperCase();
  }))
    text += part;
  return text;
});
await wait("iterator", async () => {
  const r = numbers();
  for await (const x of r.iterator({ destroyOnReturn: false })) if (x === 2) break;
  return [r.destroyed, await r.toArray()];
});
await wait("break", async () => {
  const r = numbers();
  for await (const x of r) if (x === 2) break;
  return r.destroyed;
});
await wait("from text", async () => [
  await Readable.from("text").toArray(),
  await Readable.from(Buffer.from("ab")).toArray(),
  Readable.from([1]).readableObjectMode,
]);
await wait("from bad", () => Readable.from(5));
await wait("from null", () => Readable.from([1, null, 2]).toArray());
