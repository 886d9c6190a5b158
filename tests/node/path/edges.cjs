// Both flavours of path on the same odd inputs.
const path = require("path");
const inputs = [
  "",
  ".",
  "..",
  "/",
  "//",
  "///a//b/..",
  "a/",
  "a//b",
  "./a/../../b",
  "/..",
  "/../a",
  "a/./b/.",
  ".a",
  "a.",
  "a.b.c",
  "/a/.b.c/",
  "C:",
  "C:\\",
  "c:a",
  "C:\\a\\..\\..\\b",
  "\\\\srv\\share\\x",
  "\\\\srv",
  "//srv/share/a",
  "\\a",
  "a\\b",
  "C:/a/b.c",
  "a:b",
  "\\\\.\\pipe\\x",
  "\\\\?\\C:\\x",
  "a/b\\c",
  "..\\..",
  "😀/é.x",
];
for (const flavour of ["posix", "win32"]) {
  const p = path[flavour];
  for (const input of inputs) {
    console.log(
      flavour,
      JSON.stringify(input),
      [p.normalize(input), p.dirname(input), p.basename(input), p.extname(input), p.isAbsolute(input)]
        .map((x) => JSON.stringify(x))
        .join(" "),
    );
  }
}
console.log(
  path.posix === path,
  path.win32.posix === path.posix,
  path.sep,
  path.delimiter,
  path.win32.sep,
  path.win32.delimiter,
);
