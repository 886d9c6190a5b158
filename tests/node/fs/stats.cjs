// What stat tells.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stats-"));
const file = path.join(folder, "f");
fs.writeFileSync(file, "12345");
fs.utimesSync(file, 1000, 2000.5);
const s = fs.statSync(file),
  b = fs.statSync(file, { bigint: true });
console.log(Object.keys(s).sort().join());
console.log(Object.keys(b).sort().join());
console.log(
  s.size,
  s.isFile(),
  s.isDirectory(),
  s.isSymbolicLink(),
  s.isFIFO(),
  s.isSocket(),
  s.isBlockDevice(),
  s.isCharacterDevice(),
);
console.log(
  s.mtimeMs,
  s.mtime.toISOString(),
  s.atimeMs,
  s.atime instanceof Date,
  typeof s.ino,
  s.nlink,
  (s.mode & 0o170000).toString(8),
);
console.log(b.size, b.mtimeMs, b.mtimeNs, typeof b.ino, b.isFile(), s.constructor.name, b.constructor.name);
console.log(
  fs.statSync("/dev/null").isCharacterDevice(),
  fs.lstatSync("/proc/self").isSymbolicLink(),
  fs.statSync(folder).isDirectory(),
);
console.log(s instanceof fs.Stats, Object.getPrototypeOf(fs.fstatSync(0)) === fs.Stats.prototype);
fs.rmSync(folder, { recursive: true });
