const { Writable } = require("stream");
const sink = new Writable({ highWaterMark: 3, write(chunk, encoding, done) { console.log("write", chunk.toString(), encoding); setTimeout(done, 1); } });
console.log(sink.write("ab"), sink.write("c"), sink.writableLength, sink.writableNeedDrain);
sink.on("drain", () => { console.log("drain"); sink.end("z", () => console.log("end callback")); });
sink.on("finish", () => { console.log("finish", sink.writableFinished); sink.write("late", (error) => console.log(error.code)); });
sink.on("error", (error) => console.log("error", error.code));
sink.on("close", () => console.log("close"));
