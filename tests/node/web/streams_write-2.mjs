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
await wait("identity", async () => {
  const { readable, writable } = new TransformStream();
  const w = writable.getWriter();
  w.write("x");
  w.close();
  return (await readable.getReader().read()).value;
});
await wait("terminate", async () => {
  const all = [];
  for await (const v of ReadableStream.from([1, 2, 3]).pipeThrough(
    new TransformStream({
      transform(v, c) {
        c.enqueue(v);
        if (v === 2) c.terminate();
      },
    }),
  ))
    all.push(v);
  return all;
});
await wait("text", async () => {
  let text = "";
  for await (const v of ReadableStream.from([new Uint8Array([0xe2, 0x82]), new Uint8Array([0xac, 65])]).pipeThrough(
    new TextDecoderStream(),
  ))
    text += v;
  return text;
});
