// Read and write streams: ranges, errors, events, positions.
const fs = require("fs"),
  os = require("os"),
  path = require("path"),
  { once } = require("events");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "streams-")),
  at = (n) => path.join(folder, n);
const read = async (name, options, file = at("f")) => {
  const log = [];
  await new Promise((done) => {
    const s = fs.createReadStream(file, options);
    for (const e of ["open", "ready", "end", "close"]) s.on(e, (x) => log.push(e));
    s.on("data", (d) => log.push(JSON.stringify(d.toString())));
    s.on("error", (e) => log.push(`${e.code} ${e.syscall} ${s.destroyed}`));
    s.on("close", () => {
      log.push(s.bytesRead);
      done();
    });
  });
  console.log(name, log.join(" "));
};
(async () => {
  fs.writeFileSync(at("f"), "0123456789");
  await read("all");
  await read("range", { start: 2, end: 4 });
  await read("start", { start: 8 });
  await read("past", { start: 50 });
  await read("one", { start: 3, end: 3 });
  await read("chunks", { highWaterMark: 4 });
  await read("encoding", "hex");
  await read("missing", {}, at("none"));
  await read("folder", {}, folder);
  await read("no emit", { emitClose: true, autoClose: true });
  await read("infinite", { end: Infinity, start: 9 });
  for (const bad of [
    { start: "1" },
    { start: 5, end: 2 },
    { end: -1 },
    { fd: "x" },
    { encoding: "nope" },
    5,
    { fs: {} },
    { highWaterMark: -3 },
  ])
    try {
      fs.createReadStream(at("f"), bad);
      console.log("fine");
    } catch (e) {
      console.log(e.code, e.message);
    }
  const w = fs.createWriteStream(at("w"));
  console.log(w.path === at("w"), w.pending, w.fd, w.flags, w.mode);
  w.write("ab");
  w.write(Buffer.from("cd"), () => console.log("written", w.bytesWritten));
  w.end("ef", "utf8");
  await once(w, "close");
  console.log(fs.readFileSync(at("w"), "utf8"), w.bytesWritten, w.pending, w.closed);
  const p = fs.createWriteStream(at("w"), { flags: "r+", start: 2 });
  p.end("XY");
  await once(p, "finish");
  console.log(fs.readFileSync(at("w"), "utf8"));
  const a = fs.createWriteStream(at("w"), { flags: "a", encoding: "latin1" });
  a.end("é");
  await once(a, "close");
  console.log(fs.readFileSync(at("w")).length);
  const bad = fs.createWriteStream(at("no/such"));
  const [error] = await once(bad, "error");
  console.log(error.code, error.syscall, bad.destroyed);
  const fd = fs.openSync(at("f"), "r");
  const s = fs.createReadStream(null, { fd, autoClose: false, end: 2 });
  let text = "";
  for await (const c of s) text += c;
  console.log(text, fs.fstatSync(fd).size);
  fs.closeSync(fd);
  const stop = new AbortController(),
    r = fs.createReadStream(at("f"), { signal: stop.signal });
  stop.abort();
  console.log((await once(r, "error"))[0].name);
  const c = fs.createReadStream(at("f"));
  c.close((e) => console.log("close callback", e?.code));
  await once(c, "close");
  const d = fs.createWriteStream(at("d"));
  d.destroy(new Error("mine"));
  console.log((await once(d, "error"))[0].message);
  fs.rmSync(folder, { recursive: true });
})();
