// Streams as async iterators, and iterables as streams.
import { Readable, PassThrough, Writable } from "node:stream";
import { text, json, buffer, arrayBuffer, blob } from "node:stream/consumers";
import shown from "../show.js";
const { wait } = shown;
await wait("text", () => text(Readable.from(["a", Buffer.from("é")])));
await wait("json", () => json(Readable.from(['{"a":', "[1]}"])));
await wait("json bad", async () => {
  try {
    await json(Readable.from(["{"]));
  } catch (e) {
    return e.name;
  }
});
await wait("buffer", async () => [
  await buffer(Readable.from([Buffer.from("x")])),
  (await arrayBuffer(Readable.from([Buffer.from("xy")]))).byteLength,
  (await blob(Readable.from([Buffer.from("xyz")]))).size,
]);
await wait("split char", () => text(Readable.from([Buffer.from([0xe2]), Buffer.from([0x82, 0xac])])));
await wait("generator", async () => {
  let ended = 0;
  const r = Readable.from(
    (async function* () {
      try {
        yield 1;
        yield 2;
        yield 3;
      } finally {
        ended++;
      }
    })(),
  );
  for await (const x of r) if (x === 2) break;
  return ended;
});
await wait("throws", async () => {
  for await (const x of Readable.from(
    (function* () {
      yield "a";
      throw new RangeError("mid");
    })(),
  ))
    console.log("got", x);
});
