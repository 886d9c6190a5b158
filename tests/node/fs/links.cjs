// Links of both kinds, and names behind them.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "links-"))),
  at = (name) => path.join(folder, name);
fs.writeFileSync(at("f"), "text");
fs.mkdirSync(at("d"));
fs.symlinkSync("f", at("s"));
fs.symlinkSync(at("d"), at("sd"), "dir");
fs.linkSync(at("f"), at("hard"));
console.log(fs.readlinkSync(at("s")), fs.readlinkSync(at("sd")) === at("d"), fs.readlinkSync(at("s"), "buffer"));
console.log(
  fs.statSync(at("f")).nlink,
  fs.statSync(at("s")).size,
  fs.lstatSync(at("s")).size,
  fs.readFileSync(at("hard"), "utf8"),
);
console.log(
  fs.realpathSync(at("s")) === at("f"),
  fs.realpathSync.native(at("sd")) === at("d"),
  fs.realpathSync(at("d/../s")) === at("f"),
);
console.log(
  fs.readdirSync(folder, { withFileTypes: true }).map((e) => `${e.name}:${e.isSymbolicLink()}:${e.isDirectory()}`),
);
fs.unlinkSync(at("f"));
console.log(fs.existsSync(at("s")), fs.readFileSync(at("hard"), "utf8"), fs.lstatSync(at("s")).isSymbolicLink());
fs.symlinkSync("loop2", at("loop1"));
fs.symlinkSync("loop1", at("loop2"));
for (const name of ["loop1", "s"]) {
  try {
    fs.readFileSync(at(name));
  } catch (error) {
    console.log(error.code, error.syscall);
  }
}
fs.rmSync(folder, { recursive: true });
