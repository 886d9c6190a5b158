// Transforms, pass-throughs, duplexes.
const { Transform, PassThrough, Duplex, Readable, Writable, pipeline, finished, compose, addAbortSignal } = require("node:stream");
const all = async (stream) => { const parts = []; for await (const part of stream) parts.push(part); return parts; };
(async () => {
  const upper = () => new Transform({ transform(chunk, encoding, done) { done(null, chunk.toString().toUpperCase()); }, flush(done) { this.push("!"); done(); } });
  console.log(String(Buffer.concat(await all(Readable.from(["a", "b"]).pipe(upper())))));
  const objects = new Transform({ objectMode: true, transform(value, encoding, done) { this.push(value * 2); this.push(value * 3); done(); } });
  for (const value of [1, 2]) objects.write(value);
  objects.end();
  console.log(await all(objects));
  const failing = new Transform({ transform(chunk, encoding, done) { done(new Error("bad chunk")); } });
  failing.on("error", (error) => console.log("error", error.message, failing.destroyed));
  failing.write("x");
  await new Promise((resolve) => failing.once("close", resolve));
  const pass = new PassThrough();
  pass.end("through");
  console.log(String(pass.read()), pass.readableEnded);
  const written = [];
  const duplex = new Duplex({ read() { this.push("read"); this.push(null); }, write(chunk, encoding, done) { written.push(String(chunk)); done(); }, final(done) { written.push("final"); done(); } });
  duplex.end("write");
  console.log(String(await all(duplex)), written, duplex.allowHalfOpen);
  await new Promise((resolve) => pipeline(Readable.from(["1", "2"]), upper(), new Writable({ write(chunk, encoding, done) { console.log("sink", String(chunk)); done(); } }), (error) => { console.log("pipeline", error); resolve(); }));
  await new Promise((resolve) => pipeline(Readable.from(["1"]), failing.constructor.prototype && new Transform({ transform(c, e, done) { done(new Error("mid")); } }), new PassThrough(), (error) => { console.log("pipeline", error.message); resolve(); }));
  await new Promise((resolve) => { const stream = new PassThrough(); finished(stream, (error) => { console.log("finished", error.code); resolve(); }); stream.destroy(); });
  const composed = compose(upper(), new Transform({ transform(chunk, encoding, done) { done(null, `<${chunk}>`); } }));
  composed.end("in");
  console.log(String(Buffer.concat((await all(composed)).map((part) => Buffer.from(part)))));
  const controller = new AbortController();
  const aborted = addAbortSignal(controller.signal, new PassThrough());
  controller.abort();
  await all(aborted).catch((error) => console.log(error.name, error.code));
  console.log(await Readable.from([1, 2, 3, 4]).filter((x) => x % 2).map((x) => x * 10).toArray(), await Readable.from([1, 2, 3]).reduce((a, b) => a + b), await Readable.from([1, 2, 3]).take(2).toArray(), await Readable.from([1, 2, 3]).drop(2).toArray(), await Readable.from([1, 2]).some((x) => x > 1), await Readable.from([1, 2]).every((x) => x > 1), await Readable.from([1, 2]).find((x) => x > 1), await Readable.from([1, 2]).flatMap((x) => [x, x]).toArray());
  const pair = Duplex.from(async function* (source) { for await (const chunk of source) yield String(chunk).length; });
  pair.end("four");
  console.log(await all(pair));
  const both = Duplex.from({ readable: Readable.from(["r"]), writable: new Writable({ write(c, e, done) { console.log("w", String(c)); done(); } }) });
  both.end("x");
  console.log(await all(both));
  for (const run of [() => new Transform().write("x"), () => new Readable().read(), () => new Writable().write("x"), () => new Writable({ write() {} }).write(null), () => new Writable({ write() {} }).write(5), () => new Readable({ read() {} }).push(5), () => Readable.from(5)]) {
    try {
      const stream = run();
      console.log(typeof stream);
    } catch (error) {
      console.log(error.name, error.code);
    }
  }
})();
process.on("uncaughtException", (error) => console.log("uncaught", error.code));
