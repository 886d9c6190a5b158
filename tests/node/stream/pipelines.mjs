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
await wait("simple", async () => {
  const got = [];
  await pipeline(Readable.from(["a", "b"]), new PassThrough(), sink(got));
  return got;
});
await wait("generators", () =>
  pipeline(
    async function* () {
      yield "x";
      yield "y";
    },
    async function* (source) {
      for await (const c of source) yield c + "!";
    },
    async (source) => {
      let all = "";
      for await (const c of source) all += c;
      return all;
    },
  ),
);
await wait("source error", () =>
  pipeline(
    new Readable({
      read() {
        this.destroy(new Error("source"));
      },
    }),
    new PassThrough(),
  ),
);
await wait("sink error", () =>
  pipeline(
    Readable.from(["a"]),
    new Writable({
      write(c, e, done) {
        done(new Error("sink"));
      },
    }),
  ),
);
await wait("generator error", () =>
  pipeline(
    Readable.from(["a"]),
    async function* () {
      throw new RangeError("gen");
    },
    sink([]),
  ),
);
await wait("premature", () => {
  const p = new PassThrough();
  setImmediate(() => p.destroy());
  return pipeline(p, new PassThrough());
});
const stop = new AbortController();
setTimeout(() => stop.abort(), 5);
await wait("aborted", () => pipeline(new Readable({ read() {} }), sink([]), { signal: stop.signal }));
const p = new PassThrough();
