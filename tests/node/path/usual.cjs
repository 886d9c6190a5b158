// What programs do every day.
const path = require("path");
console.log(
  path.join("a", "b", "../c", "./d.txt"),
  path.join("/", "x"),
  path.join("a/", "/b"),
  path.join(""),
  path.join("..", "..", "x"),
);
console.log(
  path.basename("/a/b.tar.gz"),
  path.basename("/a/b.tar.gz", ".gz"),
  path.extname("b.tar.gz"),
  path.extname(".bashrc"),
  path.dirname("/a/b/"),
);
console.log(
  path.resolve("/a", "b", "..", "c"),
  path.resolve("/a", "/b"),
  path.isAbsolute("/x"),
  path.isAbsolute("x"),
  path.resolve("x") === path.join(process.cwd(), "x"),
);
console.log(
  path.relative("/a/b/c", "/a/d"),
  path.relative("/a", "/a/b/c"),
  path.relative("/a", "/a"),
  path.normalize("/a//b/./../c/"),
  path.normalize(""),
);
console.log(path.parse("/home/x/file.txt"), path.format({ dir: "/x", name: "f", ext: "js" }), path.sep, path.delimiter);
console.log(
  ["index.html", "a", ".b", "c.", "..", "d.e.f"].map((name) => [path.parse(name).name, path.parse(name).ext].join("|")),
);
