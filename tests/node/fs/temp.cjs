// Folders for a while, with everything in them removed again.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "temp-"));
const make = (name, text) => {
  const at = path.join(folder, name);
  fs.mkdirSync(path.dirname(at), { recursive: true });
  fs.writeFileSync(at, text);
};
for (const [name, text] of [
  ["a.txt", "a"],
  ["d/b.txt", "bb"],
  ["d/e/c.txt", "ccc"],
  ["d/e/.hidden", ""],
])
  make(name, text);
const walk = (at, depth = 0) =>
  fs
    .readdirSync(at, { withFileTypes: true })
    .flatMap((e) =>
      e.isDirectory()
        ? [`${" ".repeat(depth)}${e.name}/`, ...walk(path.join(at, e.name), depth + 1)]
        : [`${" ".repeat(depth)}${e.name} ${fs.statSync(path.join(at, e.name)).size}`],
    );
console.log(walk(folder).join("\n"));
fs.renameSync(path.join(folder, "d/e"), path.join(folder, "moved"));
fs.copyFileSync(path.join(folder, "a.txt"), path.join(folder, "moved/a copy.txt"));
fs.cpSync(path.join(folder, "moved"), path.join(folder, "again"), { recursive: true });
fs.appendFileSync(path.join(folder, "a.txt"), "++");
console.log(walk(folder).join("\n"), fs.readFileSync(path.join(folder, "a.txt"), "utf8"));
fs.rmSync(path.join(folder, "d"), { recursive: true, force: true });
fs.unlinkSync(path.join(folder, "a.txt"));
console.log(fs.readdirSync(folder).sort());
fs.rmSync(folder, { recursive: true });
console.log(fs.existsSync(folder));
