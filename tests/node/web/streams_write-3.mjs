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
await wait("encode", async () => {
  const all = [];
  for await (const v of ReadableStream.from(["a\ud83d", "\ude00"]).pipeThrough(new TextEncoderStream())) all.push(...v);
  return all;
});
for (const format of ["gzip", "deflate", "deflate-raw"])
  await wait(format, async () =>
    new Response(
      new Blob(["round ".repeat(50)])
        .stream()
        .pipeThrough(new CompressionStream(format))
        .pipeThrough(new DecompressionStream(format)),
    )
      .text()
      .then((text) => text.length),
  );
await wait("bad format", () => {
  try {
    new CompressionStream("zip");
  } catch (error) {
    return error.name;
  }
});
await wait("bad data", () =>
  new Response(new Blob(["nonsense"]).stream().pipeThrough(new DecompressionStream("gzip")))
    .text()
    .catch((error) => error.name),
);
