// read(n), unshift, setEncoding, pause and resume, pipe and unpipe.
const { Readable, PassThrough, Writable } = require("stream");
const log = (...a) => console.log(...a);
const r = new Readable({ read() {} });
r.push("abcdef");
r.push("ghi");
r.push(null);
r.on("readable", () => {
  let c;
  log("readable", r.readableLength);
  while ((c = r.read(4)) !== null) log("four", c + "");
});
r.on("end", second);
function second() {
  const e = new Readable({ read() {}, encoding: "utf8" });
  e.push(Buffer.from([0xe2, 0x82]));
  e.push(Buffer.from([0xac, 0x41]));
  e.push(null);
  e.on("data", (d) => log("text", d, typeof d)).on("end", third);
  log(e.readableEncoding, e.readableFlowing);
}
function third() {
  const p = new PassThrough();
  p.on("data", (d) => log("data", d + ""));
  p.write("one");
  p.pause();
  log(p.isPaused(), p.readableFlowing);
  p.write("two");
  p.on("pause", () => log("paused")).on("resume", () => log("resumed"));
  setImmediate(() => {
    p.unshift("zero");
    p.resume();
    setImmediate(() => {
      p.end();
      p.on("end", fourth);
    });
  });
}
function fourth() {
  const s = new Readable({ read() {} }),
    sink = (n) =>
      new Writable({
        write(c, e, d) {
          log(n, c + "");
          d();
        },
      })
        .on("pipe", () => log(n, "pipe"))
        .on("unpipe", () => log(n, "unpipe"))
        .on("finish", () => log(n, "finish"));
  const a = sink("a"),
    b = sink("b");
  log(s.pipe(a) === a);
  s.pipe(b, { end: false });
  s.push("1");
  setImmediate(() => {
    s.unpipe(a);
    s.push("2");
    setImmediate(() => {
      s.push(null);
      s.on("end", () => {
        log(b.writableEnded, s.listenerCount("data"));
        fifth();
      });
    });
  });
}
function fifth() {
  const w = Readable.wrap
    ? new Readable({ objectMode: true }).wrap(
        Object.assign(new (require("events"))(), {
          pause() {},
          resume() {
            this.emit("data", { n: 1 });
            this.emit("end");
          },
        }),
      )
    : null;
  w.on("data", (d) => log("wrapped", d)).on("end", () => log("end"));
}
