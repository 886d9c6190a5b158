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
for (const [name, end] of [
  ["a.html", ".html"],
  ["a.html", "html"],
  [".html", ".html"],
  ["/a/b.html/", ".html"],
  ["abc", "abc"],
  ["abc", "bc"],
  ["a\\b", "b"],
  ["aaa", "a"],
  ["/", "/"],
])
  console.log(path.posix.basename(name, end), path.win32.basename(name, end));
try {
  path.basename("a", 5);
} catch (error) {
  console.log(error.code, error.message);
}
console.log(
  path.basename("a.b", undefined),
  path.toNamespacedPath("/a"),
  path.win32.toNamespacedPath("C:\\a"),
  path.win32.toNamespacedPath("\\\\s\\h\\x"),
  path.win32.toNamespacedPath("a") === undefined,
  path.toNamespacedPath(5),
);
console.log(
  path.matchesGlob("/a/b.js", "/a/*.js"),
  path.matchesGlob("/a/b/c.js", "/a/**/*.js"),
  path.matchesGlob("a/b", "*"),
);
console.log(Object.keys(path).sort().join());
