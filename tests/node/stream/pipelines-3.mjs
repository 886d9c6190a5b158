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
await wait("pair", async () => {
  const [a, b] = duplexPair();
  a.end("over");
  let t = "";
  for await (const c of b) t += c;
  return t;
});
await wait("duplex from", async () => {
  const d = Duplex.from(async function* (s) {
    for await (const c of s) yield String(c).toUpperCase();
  });
  d.end("dup");
  let t = "";
  for await (const c of d) t += c;
  return t;
});
const p = new PassThrough();
console.log(isReadable(p), isErrored(p), isDisturbed(p), getDefaultHighWaterMark(false), getDefaultHighWaterMark(true));
await wait(
  "callback",
  () =>
    new Promise((done) =>
      callback(Readable.from(["z"]), new PassThrough().resume(), (error) => done(error ?? "no error")),
    ),
);
await wait("callback bad", () => callback(Readable.from([]), new PassThrough()));
