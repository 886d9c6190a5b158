// Streams as async iterators, and iterables as streams.
import { Readable, PassThrough, Writable } from "node:stream";
import { text, json, buffer, arrayBuffer, blob } from "node:stream/consumers";
import shown from "../show.js";
const { wait } = shown;
await wait("toWeb", async () => {
  const reader = Readable.toWeb(Readable.from(["q"])).getReader();
  return [(await reader.read()).value, (await reader.read()).done];
});
await wait("fromWeb", async () =>
  text(
    Readable.fromWeb(
      new ReadableStream({
        start(c) {
          c.enqueue("web");
          c.close();
        },
      }),
    ),
  ),
);
await wait("writable web", async () => {
  const got = [];
  const w = Writable.toWeb(
    new Writable({
      write(c, e, d) {
        got.push(c + "");
        d();
      },
    }),
  ).getWriter();
  await w.write("z");
  await w.close();
  return got;
});
