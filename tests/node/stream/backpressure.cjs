// write's answer, drain, highWaterMark, cork, object mode.
const { Writable, Readable } = require("stream");
const log = (...a) => console.log(...a);
const slow = new Writable({
  highWaterMark: 4,
  write(chunk, encoding, done) {
    log("write", chunk.toString(), encoding);
    setImmediate(done);
  },
  final(done) {
    log("final");
    done();
  },
});
log(slow.write("abc"), slow.writableLength, slow.writableNeedDrain);
log(slow.write("de"), slow.writableLength, slow.writableNeedDrain);
slow.on("drain", () => {
  log("drain", slow.writableLength);
  if (!slow.writableEnded) slow.end("z", "latin1", () => log("end callback"));
});
slow.on("finish", () => {
  log("finish", slow.writableFinished, slow.writableEnded, slow.writable);
  objects();
});
function objects() {
  const w = new Writable({
    objectMode: true,
    highWaterMark: 2,
    writev(chunks, done) {
      log(
        "writev",
        chunks.map((c) => [c.chunk, c.encoding]),
      );
      setImmediate(done);
    },
  });
  log(
    w.write({ a: 1 }),
    w.write(null === 1),
    w.write(0),
    w.writableLength,
    w.writableObjectMode,
    w.writableHighWaterMark,
  );
  try {
    w.write(null);
  } catch (error) {
    log(error.code);
  }
  w.on("error", (error) => log("error", error.code));
  w.end(() => {
    log("ended");
    corked();
  });
}
function corked() {
  const w = new Writable({
    writev(chunks, done) {
      log("chunks", chunks.length, chunks.map((c) => String(c.chunk)).join(""));
      done();
    },
    decodeStrings: false,
  });
  w.cork();
  w.cork();
  w.write("a");
  w.write("b");
  w.uncork();
  log("still", w.writableCorked, w.writableLength);
  w.write("c", () => log("c done"));
  w.uncork();
  w.end("d");
  w.on("close", reads);
}
function reads() {
  let n = 0;
  const r = new Readable({
    highWaterMark: 3,
    read(size) {
      log("read", size);
      this.push(n < 3 ? "xy" + n++ : null);
    },
  });
  r.once("readable", () => {
    log(r.read(1) + "", r.readableLength, r.readableFlowing);
    log(r.read(100), r.read() + "");
    r.on("data", (d) => log("data", d + ""));
    r.on("end", () => log("end", r.readableEnded));
    r.resume();
  });
}
