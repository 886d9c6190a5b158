const { Readable, Writable, Transform, PassThrough, pipeline, finished } = require("stream");
const log = (...values) => console.log(...values);
const upper = new Transform({ transform(chunk, encoding, done) { done(null, String(chunk).toUpperCase()); }, flush(done) { done(null, "!"); } });
const sink = new Writable({ write(chunk, encoding, done) { log("write", String(chunk)); setImmediate(done); }, final(done) { log("final"); done(); } });
pipeline(Readable.from(["a", "b"]), upper, sink, (error) => log("pipeline", error));
sink.on("finish", () => log("finish")).on("close", () => log("close"));
finished(sink, (error) => log("finished", error));
