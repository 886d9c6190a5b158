// Streams as async iterators, and iterables as streams.
import { Readable, PassThrough, Writable } from "node:stream";
import { text, json, buffer, arrayBuffer, blob } from "node:stream/consumers";
import shown from "../show.js";
const { wait } = shown;
await wait("destroyed", async () => {
  const r = new Readable({
    read() {
      setImmediate(() => this.push("x"));
    },
  });
  setImmediate(() => r.destroy(new Error("gone")));
  for await (const x of r) if (!x) break;
});
await wait("consumed", async () => {
  const p = new PassThrough({ objectMode: true });
  for (const x of [1, "b", { c: 1 }]) p.write(x);
  p.end();
  const all = [];
  for await (const x of p) all.push(x);
  return all;
});
await wait("closed", async () => {
  const r = new Readable({ read() {} });
  r.push("x");
  setImmediate(() => r.destroy());
  for await (const x of r) console.log(String(x));
});
await wait("dispose", async () => {
  const r = new Readable({ read() {} });
  await r[Symbol.asyncDispose]();
  return [r.destroyed, r.errored?.name];
});
