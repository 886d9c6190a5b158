// parse, format, basename with endings, globs.
const path = require("path");
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
