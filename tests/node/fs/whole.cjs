const fs = require("fs"), os = require("os"), path = require("path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fs-"));
const at = (name) => path.join(folder, name);
fs.writeFileSync(at("a"), "one\n");
fs.appendFileSync(at("a"), Buffer.from("two\n"));
fs.writeFileSync(at("v"), new DataView(new Uint8Array([65, 66, 67]).buffer, 1, 1));
console.log(fs.readFileSync(at("a"), undefined).length, fs.readFileSync(at("a"), null).toString(), fs.readFileSync(at("v"), { encoding: "utf8" }));
fs.copyFileSync(at("a"), at("b"));
fs.renameSync(at("b"), at("c"));
fs.symlinkSync("c", at("l"));
console.log(fs.readlinkSync(at("l")), fs.realpathSync(at("l")) === fs.realpathSync(at("c")), fs.lstatSync(at("l")).isSymbolicLink(), fs.statSync(at("l")).isFile());
console.log(fs.mkdirSync(at("d/e/f"), { recursive: true }) === at("d"), fs.mkdirSync(at("d/e"), { recursive: true }), fs.readdirSync(folder).join());
console.log(fs.readdirSync(folder, { withFileTypes: true }).map((entry) => entry.name + entry.isDirectory()).join());
console.log(fs.existsSync(at("a")), fs.existsSync(at("zz")), fs.statSync(at("zz"), { throwIfNoEntry: false }), fs.existsSync());
fs.truncateSync(at("a"), 3);
fs.utimesSync(at("a"), 1, 2);
console.log(fs.readFileSync(at("a"), "utf8"), fs.statSync(at("a")).mtimeMs, fs.statSync(at("a")).mtime.getTime());
for (const run of [() => fs.readFileSync(at("zz")), () => fs.copyFileSync(at("zz"), at("y")), () => fs.copyFileSync(at("a"), at("c"), fs.constants.COPYFILE_EXCL), () => fs.renameSync(at("zz"), at("y")), () => fs.rmdirSync(at("d")), () => fs.unlinkSync(at("zz")), () => fs.readFileSync(folder), () => fs.readFileSync({}), () => fs.writeFileSync(at("q"), {})]) {
  try { run(); } catch (error) { console.log(error.name, error.code, error.syscall, error.message.replaceAll(folder, "DIR").replaceAll(/\n.*/gs, "")); }
}
fs.rmSync(folder, { recursive: true });
fs.rmSync(folder, { recursive: true, force: true });
