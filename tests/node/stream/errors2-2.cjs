// Errors: after the end, after destruction, twice, in callbacks, from constructors.
const { Writable, Readable, Duplex, Transform, finished, addAbortSignal } = require("stream");
const { show } = require("../show.js");
const tell = (name, s) =>
  s
    .on("error", (e) => console.log(name, "error", e.code, e.message))
    .on("close", () => console.log(name, "close", s.destroyed, s.errored?.message, s.closed));
const sink = (more) =>
  new Writable({
    write(c, e, done) {
      done();
    },
    ...more,
  });
const a = tell("after end", sink());
a.end();
a.write("x", (e) => console.log("callback", e.code));
const b = tell("destroyed", sink());
b.destroy();
b.write("x", (e) => console.log("callback", e.code));
b.end((e) => console.log("end", e?.code));
const c = tell("twice", sink());
c.destroy(new Error("one"));
c.destroy(new Error("two"));
const d = tell(
  "callback",
  sink({
    write(x, e, done) {
      done(new Error("write failed"));
    },
  }),
);
d.write("a", (e) => console.log("a", e.message));
d.write("b", (e) => console.log("b", e.message));
const f = tell(
  "multiple",
  sink({
    write(x, e, done) {
      done();
      try {
        done();
      } catch (error) {
        console.log(error.code);
      }
    },
  }),
);
f.write("x");
const g = tell(
  "final",
  sink({
    final(done) {
      done(new Error("final failed"));
    },
  }),
);
g.end();
const h = tell(
  "construct",
  sink({
    construct(done) {
      setImmediate(done, new Error("no start"));
    },
  }),
);
h.write("x");
const i = tell(
  "read throws",
  new Readable({
    read() {
      throw new Error("read threw");
    },
  }),
);
i.resume();
const j = tell("push after", new Readable({ read() {} }));
j.push(null);
j.push("x");
j.resume();
const k = tell(
  "unshift after",
  new Readable({
    read() {
      this.push(null);
    },
  }),
);
k.on("end", () => k.unshift("x"));
k.resume();
const l = tell(
  "transform",
  new Transform({
    transform(x, e, done) {
      done(new RangeError("bad chunk"));
    },
  }),
);
l.write("x");
const m = tell("aborted", sink());
const stop = new AbortController();
addAbortSignal(stop.signal, m);
stop.abort();
finished(m, (e) => console.log("finished", e.code, e.name));
show("no write", () => tell("nowrite", new Writable()).write("x"));
show("duplex", () => {
  const x = new Duplex({
    allowHalfOpen: false,
    read() {
      this.push(null);
    },
    write(c, e, f) {
      f();
    },
  });
  tell("half", x).resume();
  return x.allowHalfOpen;
});
show("mark", () => new Readable({ highWaterMark: -1 }));
show("mark text", () => new Writable({ highWaterMark: "x" }));
