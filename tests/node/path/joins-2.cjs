// join, resolve and relative in both flavours.
const path = require("path");
const lists = [
  [],
  [""],
  ["", ""],
  ["a", "", "b"],
  ["a", "..", "..", "b"],
  ["/a", "/b"],
  ["/a", "../../b"],
  ["//a", "b"],
  ["C:\\a", "..", "b"],
  ["C:", "a"],
  ["C:\\", "\\b"],
  ["\\\\srv\\share", "..", "a"],
  ["a", "C:/b"],
  ["//", "a", "b"],
  ["\\\\", "a", "b"],
  ["a/", "./", "/b/"],
  ["C:a", "D:\\b", "c"],
];
for (const [from, to] of [
  ["/a/b", "/a/c"],
  ["/a", "/a"],
  ["/", "/a"],
  ["/a/b/c", "/"],
  ["/a/b", "/a/bc"],
  ["/foo/bar/baz", "/foo/bar"],
  ["/a//b/", "/a/b/./c"],
])
  console.log(from, to, JSON.stringify(path.posix.relative(from, to)));
for (const [from, to] of [
  ["C:\\a\\b", "C:\\A\\c"],
  ["C:\\a", "D:\\a"],
  ["c:\\a", "C:\\a"],
  ["\\\\s\\h\\a", "\\\\s\\h\\b"],
  ["C:\\", "C:\\a\\b"],
  ["C:\\abc", "C:\\ab"],
])
  console.log(from, to, JSON.stringify(path.win32.relative(from, to)));
for (const method of [
  "join",
  "resolve",
  "normalize",
  "dirname",
  "basename",
  "extname",
  "isAbsolute",
  "relative",
  "parse",
]) {
  try {
    path[method](5);
  } catch (error) {
    console.log(method, error.code, error.message);
  }
}
