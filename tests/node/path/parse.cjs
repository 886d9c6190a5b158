// parse, format, basename with endings, globs.
const path = require("path");
for (const input of ["/home/u/f.txt", "f", ".f", "f.", "/", "", "./a/b.c.d", "a/b/", "/a", "..", "/.x.y"])
  console.log(JSON.stringify(input), JSON.stringify(path.posix.parse(input)));
for (const input of ["C:\\p\\f.t", "C:", "C:\\", "C:f.x", "\\\\s\\h\\f.t", "\\\\s\\h", "\\f", "a/b\\c.d", "f", ""])
  console.log(JSON.stringify(input), JSON.stringify(path.win32.parse(input)));
for (const parts of [
  { dir: "/a", base: "b" },
  { root: "/", base: "b" },
  { root: "/", name: "n", ext: "e" },
  { name: "n", ext: ".e" },
  { dir: "/", root: "/", base: "x" },
  { dir: "C:\\a", base: "b" },
  {},
  { dir: "a", name: undefined, base: "" },
])
  console.log(path.posix.format(parts), path.win32.format(parts));
for (const bad of [undefined, null, "x", 5])
  try {
    path.format(bad);
  } catch (error) {
    console.log(error.code, error.message);
  }
try {
  path.basename("a", 5);
} catch (error) {
  console.log(error.code, error.message);
}
