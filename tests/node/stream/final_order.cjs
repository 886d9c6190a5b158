// construct, write, final, destroy: when each runs.
const { Duplex, Writable, Transform } = require("stream");
const log = (...words) => console.log(...words);
const w = new Writable({
  construct(done) {
    log("construct");
    setImmediate(() => {
      log("constructed");
      done();
    });
  },
  write(chunk, encoding, done) {
    log("write", String(chunk));
    done();
  },
  final(done) {
    log("final");
    setImmediate(done);
  },
  destroy(error, done) {
    log("destroy", error);
    done(error);
  },
});
w.write("early");
w.end("last");
w.on("finish", () => log("finish")).on("close", () => {
  log("close");
  next();
});
function next() {
  const t = new Transform({
    transform: (chunk, encoding, done) => done(null, chunk),
    final(done) {
      log("t final");
      done();
    },
    flush(done) {
      log("t flush");
      done();
    },
    destroy(error, done) {
      log("t destroy");
      done(error);
    },
  });
  t.on("data", (part) => log("data", String(part)))
    .on("end", () => log("t end"))
    .on("close", () => {
      log("t close");
      last();
    });
  t.end("x");
}
function last() {
  const d = new Duplex({
    autoDestroy: false,
    read() {
      this.push(null);
    },
    write: (chunk, encoding, done) => done(),
  });
  d.on("end", () => log("d end"))
    .on("finish", () => log("d finish"))
    .on("close", () => log("never"))
    .resume();
  d.end();
  setTimeout(() => log("destroyed", d.destroyed), 10);
}
