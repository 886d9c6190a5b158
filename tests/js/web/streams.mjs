import { test, run, same, list, holds, throws, rejects, later } from "../harness.mjs";

const all = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

test("pull is asked as much as the reader wants", async () => {
  let pulls = 0;
  const stream = new ReadableStream({ pull(controller) { controller.enqueue(pulls++); } }, { highWaterMark: 2 });
  await later();
  same(pulls, 2);
  const reader = stream.getReader();
  same((await reader.read()).value, 0);
  await later();
  same(pulls, 3);
  reader.releaseLock();
  await stream.cancel();
  list(await all(stream), []);
});

test("errors reach the reader, and strategies are checked", async () => {
  const reason = new Error("why");
  const stream = new ReadableStream({ start(controller) { controller.enqueue(1); controller.error(reason); } });
  const reader = stream.getReader();
  await rejects(Error, reader.read(), /why/);
  await rejects(Error, reader.closed, /why/);
  throws(RangeError, () => new ReadableStream({}, { highWaterMark: -1 }));
  throws(TypeError, () => new ReadableStream(null));
  throws(TypeError, () => stream.getReader());
});

test("bytes into a buffer of the reader's", async () => {
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { view } = controller.byobRequest;
      view.set([1, 2, 3].slice(0, view.byteLength));
      controller.byobRequest.respond(Math.min(view.byteLength, 3));
    },
  });
  const reader = stream.getReader({ mode: "byob" });
  const buffer = new ArrayBuffer(8);
  const { value } = await reader.read(new Uint8Array(buffer, 2, 3));
  list([...value], [1, 2, 3]);
  list([value.byteOffset, value.buffer.byteLength, buffer.byteLength], [2, 8, 0]);
  const { value: words } = await reader.read(new Uint16Array(2), { min: 2 });
  list([...words], [0x0201, 0x0103]);
  await rejects(TypeError, reader.read(new Uint8Array(0)));
});

test("tee", async () => {
  const [a, b] = ReadableStream.from(["x", "y"]).tee();
  list(await all(a), ["x", "y"]);
  list(await all(b), ["x", "y"]);
});

test("a writer waits for room", async () => {
  const written = [];
  let go;
  const stream = new WritableStream({ write(chunk) { written.push(chunk); return new Promise((resolve) => { go = resolve; }); } });
  const writer = stream.getWriter();
  same(writer.desiredSize, 1);
  writer.write("a");
  same(writer.desiredSize, 0);
  let ready = false;
  writer.ready.then(() => { ready = true; });
  await later();
  same(ready, false);
  go();
  await later();
  same(ready, true);
  const closed = writer.close();
  await rejects(TypeError, writer.write("late"));
  await closed;
  list(written, ["a"]);
});

test("pipes carry chunks, ends and errors", async () => {
  const seen = [];
  const upper = new TransformStream({ transform(chunk, controller) { controller.enqueue(chunk.toUpperCase()); }, flush(controller) { controller.enqueue("END"); } });
  await ReadableStream.from(["a", "b"]).pipeThrough(upper).pipeTo(new WritableStream({ write(chunk) { seen.push(chunk); }, close() { seen.push("closed"); } }));
  list(seen, ["A", "B", "END", "closed"]);
  let aborted;
  const failing = new ReadableStream({ pull() { throw new RangeError("source"); } });
  await rejects(RangeError, failing.pipeTo(new WritableStream({ abort(reason) { aborted = reason.message; } })));
  same(aborted, "source");
  const controller = new AbortController();
  const endless = new ReadableStream({ pull(c) { c.enqueue(0); } });
  const piped = endless.pipeTo(new WritableStream(), { signal: controller.signal });
  controller.abort();
  await rejects(DOMException, piped);
});

test("async iteration gives the stream back, or cancels it", async () => {
  let canceled = 0;
  const make = () => new ReadableStream({ pull(c) { c.enqueue(1); }, cancel() { canceled += 1; } });
  for await (const _ of make()) break;
  same(canceled, 1);
  const stream = make();
  for await (const _ of stream.values({ preventCancel: true })) break;
  list([canceled, stream.locked], [1, false]);
});

// A queue from which entries are taken one by one would take minutes.
test("a long queue costs as much for each chunk as a short one", async () => {
  const stream = new ReadableStream({ start(c) { for (let i = 0; i < 100000; i++) c.enqueue(i); c.close(); } });
  const reader = stream.getReader();
  let sum = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    sum += value;
  }
  same(sum, 4999950000);
});

test("text in pieces", async () => {
  const bytes = new TextEncoder().encode("€uro 😀");
  const pieces = Array.from(bytes, (byte) => new Uint8Array([byte]));
  same((await all(ReadableStream.from(pieces).pipeThrough(new TextDecoderStream()))).join(""), "€uro 😀");
  const encoded = await all(ReadableStream.from(["\ud83d", "\ude00\ud83d"]).pipeThrough(new TextEncoderStream()));
  list(encoded.flatMap((chunk) => [...chunk]), [0xf0, 0x9f, 0x98, 0x80, 0xef, 0xbf, 0xbd]);
});

test("compressed and back", async () => {
  const text = "abc".repeat(50000);
  for (const format of ["deflate", "deflate-raw", "gzip", "brotli"]) {
    const small = new Blob(await all(new Blob([text]).stream().pipeThrough(new CompressionStream(format))));
    holds(small.size < 2000, `${format}: ${small.size} bytes`);
    const large = new Blob(await all(small.stream().pipeThrough(new DecompressionStream(format))));
    same(await large.text() === text, true, format);
    const cut = small.slice(0, small.size - 1).stream().pipeThrough(new DecompressionStream(format));
    await rejects(TypeError, all(cut), /too early/);
    const more = new Blob([small, "x"]).stream().pipeThrough(new DecompressionStream(format));
    await rejects(TypeError, all(more), /behind the end/);
  }
  const gzip = [0x1f, 0x8b, 8, 0x1f, 0, 0, 0, 0, 0, 3, 1, 0, 7, 110, 0, 99, 0, 9, 9, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  list(await all(new Blob([new Uint8Array(gzip)]).stream().pipeThrough(new DecompressionStream("gzip"))), []);
  throws(TypeError, () => new CompressionStream("lzma"));
});

test("interfaces look like those of Web IDL", () => {
  list([ReadableStream.length, Object.keys(ReadableStream.prototype).length, String(new WritableStream())], [0, 7, "[object WritableStream]"]);
  same(ReadableStream.prototype[Symbol.asyncIterator], ReadableStream.prototype.values);
  throws(TypeError, () => new ReadableStreamDefaultController());
  throws(TypeError, () => Object.getOwnPropertyDescriptor(ReadableStream.prototype, "locked").get.call({}));
});

await run();
