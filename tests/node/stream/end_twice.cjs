// end called in each way, also more than once.
const { Writable } = require("stream");
const make = (name) => {
  const w = new Writable({
    write(chunk, encoding, done) {
      console.log(name, "write", String(chunk), encoding);
      done();
    },
  });
  w.on("finish", () => console.log(name, "finish")).on("error", (error) => console.log(name, error.code));
  return w;
};
make("plain").end();
make("chunk").end("last");
make("callback").end(() => console.log("callback called"));
make("all").end("6869", "hex", () => console.log("all called"));
const twice = make("twice");
twice.end("x");
twice.end((error) => console.log("twice", error?.code));
const late = make("late");
late.end();
setImmediate(() => late.end("more", (error) => console.log("late", error.code)));
const gone = make("gone");
gone.destroy();
gone.end((error) => console.log("gone", error.code));
console.log(make("state").end().writableEnded);
