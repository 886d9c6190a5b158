// `Stream` of before there were readable and writable ones.
const { Stream, Writable } = require("stream");

const source = new Stream();
source.readable = true;
source.pause = () => console.log("pause");
source.resume = () => console.log("resume");
const got = [];
const target = new Writable({ highWaterMark: 4, write(chunk, encoding, done) { got.push(String(chunk)); setImmediate(done); } });
target.on("pipe", (from) => console.log("pipe", from === source)).on("finish", () => console.log("finish", got));
console.log(source.pipe(target) === target);
source.emit("data", "ab");
source.emit("data", "cdef");
setTimeout(() => {
  source.emit("data", "g");
  source.emit("end");
  source.emit("close");
  console.log(source.listenerCount("data"));
}, 20);
const failing = new Stream();
failing.pipe(new Writable({ write() {} }));
try {
  failing.emit("error", new Error("nobody listens"));
} catch (error) {
  console.log(error.message);
}
