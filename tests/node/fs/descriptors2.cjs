// Descriptors: positions, vectors, bounds, files that are closed.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const { show } = require("../show.js");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fd-")),
  file = path.join(folder, "f"),
  fd = fs.openSync(file, "w+");
show("write", () => [
  fs.writeSync(fd, "0123456789"),
  fs.writeSync(fd, Buffer.from("abc"), 1),
  fs.writeSync(fd, Buffer.from("xyz"), 0, 2, 4),
  fs.writeSync(fd, "é", 0, "latin1"),
  fs.writeSync(fd, new Uint16Array([0x5a5a]), null),
]);
show("file", () => fs.readFileSync(file, "latin1"));
const b = Buffer.alloc(6);
show("read", () => [
  fs.readSync(fd, b, 0, 3, 2),
  b.toString("latin1", 0, 3),
  fs.readSync(fd, b, { position: 0, length: 2, offset: 4 }),
  b.toString("latin1"),
  fs.readSync(fd, b, 0, 6, 100),
  fs.readSync(fd, b, 0, 0),
  fs.readSync(fd, b),
  fs.readSync(fd, b, undefined),
  fs.readSync(fd, b, 0, undefined, 1n),
]);
show("offset", () => fs.readSync(fd, b, 7));
show("length", () => fs.readSync(fd, b, 2, 5));
show("negative", () => fs.readSync(fd, b, -1));
show("position", () => fs.readSync(fd, b, 0, 1, -2));
show("position text", () => fs.readSync(fd, b, 0, 1, "1"));
show("empty", () => fs.readSync(fd, Buffer.alloc(0)));
show("no buffer", () => fs.readSync(fd, "x"));
show("write offset", () => fs.writeSync(fd, b, 9));
show("write number", () => fs.writeSync(fd, 5));
show("write length", () => fs.writeSync(fd, b, 0, 9));
show("vectors", () => [
  fs.writevSync(fd, [Buffer.from("AA"), new Uint8Array([66])], 0),
  fs.readvSync(fd, [b.subarray(0, 2), b.subarray(2, 4)], 0),
  b.toString("latin1", 0, 4),
]);
show("vectors bad", () => fs.writevSync(fd, ["x"]));
show("stat", () => [fs.fstatSync(fd).size, fs.fstatSync(fd).isFile(), fs.fstatSync(fd, { bigint: true }).size]);
show("truncate", () => {
  fs.ftruncateSync(fd, 3);
  return fs.readFileSync(file, "latin1");
});
show("sync", () => [
  fs.fsyncSync(fd),
  fs.fdatasyncSync(fd),
  fs.fchmodSync(fd, 0o600),
  fs.futimesSync(fd, 1, 2),
  fs.fstatSync(fd).mtimeMs,
]);
show("whole", () => fs.readFileSync(fd, "utf8"));
show("rest", () => {
  fs.writeFileSync(fd, "tail");
  return fs.readFileSync(file, "utf8");
});
fs.closeSync(fd);
show("closed", () => fs.readSync(fd, b));
show("closed twice", () => fs.closeSync(fd));
show("closed stat", () => fs.fstatSync(fd));
show("bad fd", () => fs.closeSync(-1));
show("bad fd type", () => fs.closeSync("1"));
show("fd range", () => fs.fstatSync(2 ** 31));
show("NaN", () => fs.closeSync(NaN));
fs.read(fs.openSync(file, "r"), (error, n, buffer) => {
  console.log(error, n, buffer.length, buffer.toString("utf8", 0, n));
  fs.rmSync(folder, { recursive: true });
});
