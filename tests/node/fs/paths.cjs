// Paths in every form that fs takes, and those that it does not.
const fs = require("fs"),
  os = require("os"),
  path = require("path"),
  { pathToFileURL } = require("url");
const { show } = require("../show.js");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "paths-")),
  clean = (e) => e?.message?.replaceAll(folder, "TMP");
const tell = (name, make) => {
  try {
    console.log(name, make());
  } catch (e) {
    console.log(
      name,
      e.name,
      e.code,
      e.syscall,
      e.errno,
      clean(e),
      e.path?.replace?.(folder, "TMP"),
      e.dest?.replace?.(folder, "TMP"),
    );
  }
};
const file = path.join(folder, "é ü.txt");
tell("text", () => fs.writeFileSync(file, "one"));
tell("url", () => fs.readFileSync(pathToFileURL(file), "utf8"));
tell("buffer", () => fs.readFileSync(Buffer.from(file), { encoding: "utf8" }));
tell("bytes", () => fs.readFileSync(new Uint8Array(Buffer.from(file))).length);
tell("list", () => [
  fs.readdirSync(folder),
  fs.readdirSync(folder, "buffer")[0],
  fs.readdirSync(Buffer.from(folder), { encoding: "latin1" })[0],
]);
for (const bad of [
  undefined,
  null,
  {},
  true,
  [],
  new URL("http://a/b"),
  "a\0b",
  Buffer.from("a\0b"),
  new URL("file:///a%00b"),
  new URL("file://host/x"),
  -1,
  1.5,
  2 ** 32,
])
  tell("read", () => fs.readFileSync(bad));
tell("empty", () => fs.readFileSync(""));
tell("missing", () => fs.readFileSync(path.join(folder, "none")));
tell("folder", () => fs.readFileSync(folder));
tell("through file", () => fs.statSync(path.join(file, "x")));
tell("no throw", () => fs.statSync(path.join(folder, "no"), { throwIfNoEntry: false }));
tell("no throw deep", () => fs.lstatSync(path.join(file, "x"), { throwIfNoEntry: false }));
tell("long", () => {
  try {
    fs.statSync("x".repeat(300));
  } catch (e) {
    return [e.code, e.errno, e.syscall];
  }
});
tell("rename", () => fs.renameSync(path.join(folder, "a"), path.join(folder, "b")));
tell("link", () => fs.linkSync(path.join(folder, "a"), path.join(folder, "b")));
tell("mkdir", () => fs.mkdirSync(folder));
tell("rmdir", () => fs.rmdirSync(folder));
tell("rmdir file", () => fs.rmdirSync(file));
tell("unlink folder", () => {
  try {
    fs.unlinkSync(folder);
  } catch (e) {
    return e.code;
  }
});
tell("symlink", () => {
  fs.symlinkSync("nowhere", path.join(folder, "s"));
  return [
    fs.readlinkSync(path.join(folder, "s")),
    fs.existsSync(path.join(folder, "s")),
    fs.lstatSync(path.join(folder, "s")).isSymbolicLink(),
  ];
});
tell("readlink", () => fs.readlinkSync(file));
tell("real", () => fs.realpathSync(path.join(folder, "s")));
tell("access", () => fs.accessSync(path.join(folder, "q"), fs.constants.R_OK));
tell("open", () => fs.openSync(path.join(folder, "z"), "r"));
tell("copy", () => fs.copyFileSync(file, path.join(folder, "c"), fs.constants.COPYFILE_EXCL));
tell("copy again", () => fs.copyFileSync(file, path.join(folder, "c"), fs.constants.COPYFILE_EXCL));
tell("exists", () => [fs.existsSync(), fs.existsSync(5), fs.existsSync(file), fs.existsSync(pathToFileURL(folder))]);
fs.rmSync(folder, { recursive: true });
