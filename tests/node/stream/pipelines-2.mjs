// pipeline, finished, compose, duplexPair, with generators and errors.
import { pipeline, finished } from "node:stream/promises";
import {
  Readable,
  Writable,
  PassThrough,
  Transform,
  compose,
  Duplex,
  duplexPair,
  isReadable,
  isErrored,
  isDisturbed,
  getDefaultHighWaterMark,
  pipeline as callback,
} from "node:stream";
import shown from "../show.js";
const { wait } = shown;
const sink = (got) =>
  new Writable({
    objectMode: true,
    write(c, e, done) {
      got.push(String(c));
      done();
    },
  });
const stop = new AbortController();
setTimeout(() => stop.abort(), 5);
await wait("no end", async () => {
  const w = sink([]);
  await pipeline(Readable.from(["a"]), w, { end: false });
  return w.writableEnded;
});
await wait("one", () => pipeline(Readable.from([])));
await wait("bad", () => pipeline("abc", 5));
await wait("finished", async () => {
  const r = Readable.from([1]);
  r.resume();
  await finished(r);
  return r.readableEnded;
});
const p = new PassThrough();
