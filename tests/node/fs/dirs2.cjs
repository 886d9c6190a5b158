// Folders: recursion, entries with types, opendir, rm, cp.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "dirs-")),
  at = (...n) => path.join(folder, ...n),
  clean = (x) => (typeof x === "string" ? x.replaceAll(folder, "TMP") : x);
const tell = (name, make) => {
  try {
    console.log(name, clean(make()));
  } catch (e) {
    console.log(name, e.name, e.code, clean(e.message), e.syscall);
  }
};
tell("recursive", () => fs.mkdirSync(at("a", "b", "c"), { recursive: true }));
tell("again", () => fs.mkdirSync(at("a", "b"), { recursive: true }));
tell("no parent", () => fs.mkdirSync(at("x", "y")));
fs.writeFileSync(at("a", "f1"), "1");
fs.writeFileSync(at("a", "b", "f2"), "2");
fs.symlinkSync("f1", at("a", "link"));
tell("file in the way", () => fs.mkdirSync(at("a", "f1", "z"), { recursive: true }));
tell("list", () => fs.readdirSync(at("a")));
tell("deep", () => fs.readdirSync(folder, { recursive: true }).sort());
tell("types", () =>
  fs
    .readdirSync(at("a"), { withFileTypes: true })
    .map((d) =>
      [d.name, d.isFile(), d.isDirectory(), d.isSymbolicLink(), clean(d.parentPath), d.constructor.name].join(),
    ),
);
tell("deep types", () =>
  fs
    .readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((d) => clean(path.join(d.parentPath, d.name)))
    .sort(),
);
tell("opendir", () => {
  const d = fs.opendirSync(at("a")),
    names = [];
  let e;
  while ((e = d.readSync())) names.push(e.name);
  d.closeSync();
  try {
    d.readSync();
  } catch (x) {
    names.push(x.code);
  }
  return names.sort().join();
});
tell("opendir none", () => fs.opendirSync(at("q")));
tell("opendir options", () => fs.opendirSync(folder, { bufferSize: 0 }));
tell("cp no", () => fs.cpSync(at("a"), at("copy")));
tell("cp", () => {
  fs.cpSync(at("a"), at("copy"), { recursive: true, filter: (s) => !s.endsWith("f2") });
  return fs.readdirSync(at("copy"), { recursive: true }).sort();
});
tell("cp into itself", () => fs.cpSync(at("a"), at("a", "b", "in"), { recursive: true }));
tell("cp exists", () => fs.cpSync(at("a", "f1"), at("copy", "f1"), { errorOnExist: true, force: false }));
tell("cp dir to file", () => fs.cpSync(at("a"), at("copy", "f1"), { recursive: true }));
tell("rm folder", () => fs.rmSync(at("a")));
tell("rm none", () => fs.rmSync(at("none")));
tell("rm force", () => fs.rmSync(at("none"), { force: true }));
tell("rm bad", () => fs.rmSync(at("a"), { recursive: 5 }));
tell("rm", () => {
  fs.rmSync(at("a"), { recursive: true });
  return fs.existsSync(at("a"));
});
tell("mkdtemp", () => [
  fs.mkdtempSync(at("t-")).length - folder.length,
  fs.mkdtempSync(at("u-"), "buffer") instanceof Buffer,
]);
tell("mkdtemp none", () => fs.mkdtempSync(at("no", "t-")));
tell("mkdtemp bad", () => fs.mkdtempSync(5));
tell("mode", () => {
  fs.mkdirSync(at("m"), 0o700);
  return (fs.statSync(at("m")).mode & 0o777).toString(8);
});
(async () => {
  const d = await fs.promises.opendir(folder);
  const names = [];
  for await (const e of d) names.push(e.name.slice(0, 2));
  console.log(names.sort());
  fs.rmSync(folder, { recursive: true });
})();
