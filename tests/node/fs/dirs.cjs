// Folders: made, read, walked, copied and removed.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const root = fs.mkdtempSync(path.join(os.tmpdir(), "dirs-"));
process.chdir(root);
console.log(path.resolve(fs.mkdirSync("a/b/c", { recursive: true })) === path.resolve("a"), fs.mkdirSync("a/b", { recursive: true }));
for (const name of ["a/one", "a/b/two", "a/b/c/three"]) fs.writeFileSync(name, name);
fs.symlinkSync("one", "a/link");
console.log(fs.readdirSync("a").sort(), fs.readdirSync("a", { recursive: true }).sort());
console.log(fs.readdirSync("a", { withFileTypes: true }).map((entry) => [entry.name, entry.isFile(), entry.isDirectory(), entry.isSymbolicLink(), entry.parentPath]).sort());
(async () => {
  const dir = await fs.promises.opendir("a");
  const names = [];
  for await (const entry of dir) names.push(entry.name);
  console.log(names.sort(), dir.path);
  const sync = fs.opendirSync("a/b");
  const seen = [];
  for (let entry = sync.readSync(); entry !== null; entry = sync.readSync()) seen.push(entry.name);
  sync.closeSync();
  console.log(seen.sort());
  try {
    sync.readSync();
  } catch (error) {
    console.log(error.code);
  }
  await new Promise((resolve) => fs.opendir("a/b/c", async (error, one) => { console.log(error, (await one.read()).name, await one.read()); await one.close(); resolve(); }));
  fs.cpSync("a", "copy", { recursive: true });
  console.log(fs.readdirSync("copy", { recursive: true }).sort(), fs.readFileSync("copy/b/c/three", "utf8"), fs.readlinkSync("copy/link") === path.join(root, "a/one"));
  await fs.promises.cp("a/one", "single");
  console.log(fs.readFileSync("single", "utf8"));
  await new Promise((resolve) => fs.cp("a", "filtered", { recursive: true, filter: (from) => !from.endsWith("two") }, (error) => { console.log(error, fs.readdirSync("filtered", { recursive: true }).sort()); resolve(); }));
  for (const [from, to, options] of [["a", "x"], ["a", "a/b/inside", { recursive: true }], ["a", "single", { recursive: true }], ["single", "a", {}], ["a/one", "a/one", {}], ["a/one", "single", { errorOnExist: true, force: false }], ["missing", "x", {}]]) {
    await fs.promises.cp(from, to, options).then(() => console.log("copied"), (error) => console.log(error.name, error.code));
    try {
      fs.cpSync(from, to, options);
      console.log("copied");
    } catch (error) {
      console.log(error.code);
    }
  }
  fs.rmSync("a", { recursive: true });
  console.log(fs.existsSync("a"), fs.rmSync("nothing", { force: true }));
  fs.rmdirSync("copy/b/c");
})().catch((error) => console.log(error.code));
