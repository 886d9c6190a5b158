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
await wait("write", async () => {
  const w = sink().getWriter();
  console.log(w.desiredSize);
  await w.write(1);
  await w.ready;
  await w.close();
  return log.splice(0);
});
await wait("abort", async () => {
  const s = sink(),
    w = s.getWriter();
  await w.abort("stop");
  return [log.splice(0), await w.closed.catch((error) => error), s.locked];
});
await wait("error", async () => {
  const w = sink({
    write() {
      throw new RangeError("w");
    },
  }).getWriter();
  const first = await w.write(1).catch((error) => error.message);
  return [first, await w.write(2).catch((error) => error.message), await w.closed.catch((error) => error.message)];
});
await wait("signal", async () => {
  let c;
  const s = sink({
    start(x) {
      c = x;
    },
  });
  s.abort("r").catch(() => {});
  return [c.signal.aborted, c.signal.reason];
});
await wait("pipe", async () => {
  await ReadableStream.from([1, 2]).pipeTo(sink());
  return log.splice(0);
});
await wait("pipe open", async () => {
  const s = sink();
  await ReadableStream.from([1]).pipeTo(s, { preventClose: true });
  return [log.splice(0), s.locked];
});
