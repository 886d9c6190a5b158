const path = require("path");
console.log(path.join("a", "..", "..", "b"), path.normalize("/a//b/../c/."), path.resolve("/a", "../b"), path.relative("/a/b/c", "/a/d"), path.extname("a.b.c"), path.basename("/a/b.html", ".html"), path.dirname("/a/b/"), path.isAbsolute("a"));
console.log(path.parse("/home/u/f.txt"), path.format({ dir: "/x", base: "y" }), path.posix === path, path.sep, path.delimiter);
try { path.join(5); } catch (error) { console.log(error.code, error.message); }
