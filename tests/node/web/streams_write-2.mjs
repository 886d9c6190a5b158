// Writable and transform streams, pipes.
import shown from "../show.js";
const { wait } = shown;
const log = [];
const sink = (more) =>
  new WritableStream({
    write(chunk) {
      log.push(chunk);
    },
    close() {
      log.push("close");
    },
    abort(reason) {
      log.push(`abort ${reason?.message ?? reason}`);
    },
    ...more,
  });
await wait("pipe error", async () => {
  const failed = await ReadableStream.from(
    (function* () {
      yield 1;
      throw new Error("source");
    })(),
  )
    .pipeTo(sink())
    .catch((error) => error.message);
  return [failed, log.splice(0)];
});
await wait("pipe aborted", async () => {
  const stop = new AbortController();
  const piped = new ReadableStream({}).pipeTo(sink(), { signal: stop.signal });
  stop.abort("enough");
  return [await piped.catch((error) => error), log.splice(0)];
});
await wait("transform", async () => {
  const all = [];
  for await (const v of ReadableStream.from(["a", "b"]).pipeThrough(
    new TransformStream({
      transform(v, c) {
        c.enqueue(v);
        c.enqueue(v.toUpperCase());
      },
      flush(c) {
        c.enqueue("!");
      },
    }),
  ))
    all.push(v);
  return all.join("");
});
