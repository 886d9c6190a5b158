// existsSync, access and modes of files.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "access-"));
const file = path.join(folder, "f"),
  { F_OK, R_OK, W_OK, X_OK } = fs.constants;
fs.writeFileSync(file, "x", { mode: 0o640 });
console.log(
  fs.existsSync(file),
  fs.existsSync(folder),
  fs.existsSync(file + "x"),
  fs.existsSync(""),
  fs.existsSync(null),
);
console.log(fs.accessSync(file), fs.accessSync(file, R_OK | W_OK), F_OK, R_OK, W_OK, X_OK);
for (const mode of [0o600, 0o755, 0o444, "700"]) {
  fs.chmodSync(file, mode);
  console.log((fs.statSync(file).mode & 0o777).toString(8));
}
for (const bad of [-1, 8, "x", 1.5]) {
  try {
    console.log(fs.accessSync(file, bad));
  } catch (error) {
    console.log(error.name, error.code);
  }
}
fs.access(file + "none", (error) => {
  console.log(error.code, error.syscall);
  fs.promises.access(file).then((value) => {
    console.log(value);
    fs.rmSync(folder, { recursive: true });
  });
});
