const fs = require("fs"), os = require("os"), path = require("path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fs-"));
const file = path.join(folder, "a");
const fd = fs.openSync(file, "w+");
console.log(typeof fd, fs.writeSync(fd, "hello"), fs.writeSync(fd, Buffer.from(" world"), 1, 3), fs.writeSync(fd, "J", 0));
const buffer = Buffer.alloc(6, 46);
console.log(fs.readSync(fd, buffer, 1, 4, 2), buffer.toString(), fs.readSync(fd, buffer), fs.fstatSync(fd).size);
fs.ftruncateSync(fd, 2);
console.log(fs.readFileSync(file, "utf8"), fs.fstatSync(fd).isFile());
fs.closeSync(fd);
for (const run of [() => fs.closeSync(fd), () => fs.readSync(fd, buffer), () => fs.openSync(path.join(folder, "x/y")), () => fs.openSync(file, "wx"), () => fs.openSync(file, "q"), () => fs.closeSync("a"), () => fs.readSync(1, buffer, 9, 1)]) {
  try { run(); console.log("done"); } catch (error) { console.log(error.name, error.code, error.errno, error.syscall); }
}
fs.rmSync(folder, { recursive: true });
