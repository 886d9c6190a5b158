// Streams of files: parts, flags, ends, errors.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { once } = require("node:events");
process.chdir(fs.mkdtempSync(path.join(os.tmpdir(), "streams-")));
(async () => {
  const out = fs.createWriteStream("f");
  out.on("open", (fd) => console.log("open", typeof fd)).on("ready", () => console.log("ready")).on("finish", () => console.log("finish")).on("close", () => console.log("close"));
  out.write("one ");
  out.write(Buffer.from("two "));
  out.end("three");
  await once(out, "close");
  console.log(out.bytesWritten, out.path, out.closed, fs.readFileSync("f", "utf8"));
  const read = async (options) => { let text = ""; for await (const part of fs.createReadStream("f", options)) text += part; return text; };
  console.log(await read({ encoding: "utf8" }), await read({ start: 4 }), await read({ start: 4, end: 6 }), await read({ end: 2, highWaterMark: 1 }), await read("latin1"));
  const appended = fs.createWriteStream("f", { flags: "a" });
  appended.end("!");
  await once(appended, "finish");
  console.log(fs.readFileSync("f", "utf8"));
  const patched = fs.createWriteStream("f", { flags: "r+", start: 4 });
  patched.end("TWO");
  await once(patched, "close");
  console.log(fs.readFileSync("f", "utf8"));
  const missing = fs.createReadStream("none");
  const [error] = await once(missing, "error");
  console.log(error.code, error.syscall, error.path, missing.destroyed);
  const nowhere = fs.createWriteStream("no/such");
  console.log((await once(nowhere, "error"))[0].code);
  const stream = fs.createReadStream("f");
  console.log(stream.pending, stream.fd, stream.flags, stream.readableHighWaterMark);
  await once(stream, "ready");
  console.log(stream.pending, typeof stream.fd, stream.bytesRead);
  stream.destroy();
  await once(stream, "close");
  const fd = fs.openSync("f");
  const byNumber = fs.createReadStream(null, { fd, autoClose: false, encoding: "utf8" });
  for await (const part of byNumber) console.log(part);
  fs.closeSync(fd);
  for (const run of [() => fs.createReadStream(5), () => fs.createReadStream("f", { start: "x" }), () => fs.createReadStream("f", { start: 5, end: 2 }), () => fs.createReadStream("f", 5), () => fs.createWriteStream("f", { start: -1 })]) {
    try {
      run();
      console.log("no error");
    } catch (failure) {
      console.log(failure.name, failure.code);
    }
  }
})();
