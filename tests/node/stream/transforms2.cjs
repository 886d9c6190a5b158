// Transform: flush, split modes, errors, half ends.
const { Transform, PassThrough, Duplex } = require("stream");
const log = (...a) => console.log(...a);
const lines = new Transform({
  readableObjectMode: true,
  transform(c, e, done) {
    const parts = ((this.rest ?? "") + c).split("\n");
    this.rest = parts.pop();
    for (const p of parts) this.push({ line: p });
    done();
  },
  flush(done) {
    done(null, { last: this.rest });
  },
});
lines
  .on("data", (d) => log(d))
  .on("end", () => log("end"))
  .on("finish", () => log("finish"))
  .on("prefinish", () => log("prefinish"));
lines.write("a\nb");
lines.write("c\n\nd");
lines.end();
log(lines.readableObjectMode, lines.writableObjectMode, lines.readableHighWaterMark, lines.writableHighWaterMark);
const count = new Transform({
  writableObjectMode: true,
  transform({ n }, e, done) {
    setImmediate(() => done(null, String(n)));
  },
});
count.setEncoding("utf8");
count.on("data", (d) => log("n", d));
for (const n of [1, 2, 3]) count.write({ n });
count.end(() => log("count ended"));
const bad = new Transform({
  transform(c, e, done) {
    done(null, c);
  },
  flush(done) {
    done(new Error("flush failed"));
  },
});
bad
  .on("error", (e) => log(e.message))
  .on("close", () => log("bad closed"))
  .resume();
bad.end("x");
const none = new Transform();
none.on("error", (e) => log(e.code, e.message));
try {
  none.write("x");
} catch (error) {
  log(error.code);
}
const pass = PassThrough();
pass.end("once");
pass.once("data", (d) => log("pass", d + ""));
log(pass instanceof Transform, pass instanceof Duplex);
const duplex = new Duplex({
  read() {
    this.push("from read");
    this.push(null);
  },
  write(c, e, done) {
    log("wrote", c + "");
    done();
  },
  final(done) {
    log("duplex final");
    done();
  },
});
duplex
  .on("data", (d) => log("duplex", d + ""))
  .on("end", () => log("duplex end", duplex.writable))
  .on("close", () => log("duplex close"));
setTimeout(() => duplex.end("late"), 20);
