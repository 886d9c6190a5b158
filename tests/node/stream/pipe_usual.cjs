// pipe: several sinks, errors, unpiping, ends.
const { PassThrough, Readable, Writable } = require("stream");
const sink = (name) => {
  const parts = [];
  return Object.assign(
    new Writable({
      write(part, encoding, done) {
        parts.push(String(part));
        done();
      },
    }),
    { parts, name },
  );
};
const source = new PassThrough(),
  one = sink("one"),
  two = sink("two");
source.pipe(one);
source.pipe(two);
source.write("both;");
setImmediate(() => {
  source.unpipe(two);
  source.write("only one;");
  source.end("end");
  one.on("finish", () => {
    console.log(one.parts, two.parts, two.writableEnded, source.listenerCount("data"));
    const failing = new Writable({
      write(part, encoding, done) {
        done(new Error("sink fails"));
      },
    });
    failing
      .on("error", (error) => console.log(error.message, failing.destroyed))
      .on("unpipe", () => console.log("unpiped"));
    const from = Readable.from(["x", "y"]);
    from.pipe(failing);
    from.on("close", () => console.log("never"));
    setTimeout(() => console.log(from.destroyed, from.readableFlowing), 20);
  });
});
