// Paths of Windows as programs for both systems use them.
const { win32, posix } = require("path");
console.log(
  win32.join("C:\\Users", "me", "..", "you", "file.txt"),
  win32.join("a/b", "c\\d"),
  win32.join("\\\\server\\share", "x"),
);
console.log(
  win32.normalize("C:/a//b/../c/."),
  win32.normalize("a/b\\..\\c"),
  win32.normalize("\\\\srv/share/a/.."),
  win32.isAbsolute("C:\\"),
  win32.isAbsolute("C:"),
  win32.isAbsolute("\\x"),
  win32.isAbsolute("x"),
);
console.log(
  win32.basename("C:\\a\\b.txt"),
  win32.basename("C:\\a\\b.txt", ".txt"),
  win32.dirname("C:\\a\\b.txt"),
  win32.dirname("C:\\a"),
  win32.extname("a\\b.c.d"),
  win32.parse("D:\\x\\y.z"),
);
console.log(
  win32.relative("C:\\a\\b", "C:\\a\\c\\d"),
  win32.relative("C:\\a", "D:\\b"),
  win32.resolve("C:\\a", "..\\b", "c"),
  win32.resolve("C:\\a", "D:x", "C:y"),
  win32.format({ dir: "C:\\x", base: "y.z" }),
);
console.log(
  "a\\b\\c".split(win32.sep).join(posix.sep),
  win32.sep,
  win32.delimiter,
  win32.toNamespacedPath("C:\\long"),
  posix.basename("a\\b"),
  win32.matchesGlob("a\\b.js", "a\\*.js"),
);
