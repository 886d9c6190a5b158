const { Readable, Writable, pipeline } = require("stream");
const bad = new Readable({ read() { this.destroy(new Error("bad")); } });
bad.on("error", (error) => console.log("error", error.message)).on("close", () => console.log("close", bad.errored.message));
bad.resume();
pipeline(new Readable({ read() { this.push("x"); this.push(null); } }), new Writable({ write(chunk, encoding, done) { done(new Error("full")); } }), (error) => console.log("pipeline", error.message));
for (const run of [() => new Writable().write(null), () => new Writable({ write() {} }).write(5), () => new Readable({ highWaterMark: -1 })]) try { run(); } catch (error) { console.log(error.name, error.code); }
