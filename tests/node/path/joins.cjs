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
for (const list of lists)
  console.log(JSON.stringify(list), JSON.stringify(path.posix.join(...list)), JSON.stringify(path.win32.join(...list)));
for (const list of [
  ["/a", "b", "../c"],
  ["/a", "/b", "c"],
  ["/", "..", "x"],
  ["/a/b/", ".", ""],
])
  console.log(JSON.stringify(list), path.posix.resolve(...list));
for (const list of [
  ["C:\\a", "b"],
  ["C:\\a", "D:\\b", "..\\c"],
  ["\\\\srv\\share\\a", "..\\..\\b"],
  ["C:\\a", "\\b"],
  ["C:/", "..", "x"],
])
  console.log(JSON.stringify(list), path.win32.resolve(...list));
