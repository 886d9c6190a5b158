// All of `node:path`, on many paths.
const path = require("node:path");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
const paths = ["", "/", "a", "/a", "a/", "/a/b/c.txt", "a/b/../c", "../a", "./a", "a//b", "/a/./b/", "a.b.c", ".hidden", ".hidden.txt", "..", "a/..", "dir.d/file", "file.", "/a/b.html/", "a b/c d.e"];
for (const text of paths) console.log(JSON.stringify([text, path.normalize(text), path.dirname(text), path.basename(text), path.extname(text), path.isAbsolute(text)]), JSON.stringify(path.parse(text)));
for (const parts of [[], [""], ["a", "b"], ["/a", "../b"], ["a", "", "b"], ["a", "..", "..", "b"], ["/", "a"], ["a/", "/b"], [".", "."]]) console.log(JSON.stringify(parts), path.join(...parts), path.resolve("/base", ...parts));
for (const [from, to] of [["/a/b/c", "/a/d"], ["/a", "/a"], ["/a/b", "/a/b/c/d"], ["/a/b/c", "/"], ["/", "/a"], ["/foo/bar", "/foo/barbaz"], ["/a/b/", "/a/b"]]) console.log(from, to, JSON.stringify(path.relative(from, to)));
console.log(path.basename("/a/b.html", ".html"), path.basename("b.html", "html"), path.basename("b", "b"), path.basename("aaa", "a"));
console.log(path.format({ dir: "/a", base: "b.c" }), path.format({ root: "/", name: "x", ext: ".y" }), path.format({ name: "x", ext: "y" }), path.format({ dir: "/", root: "/", base: "z" }));
console.log(path.sep, path.delimiter, path.posix === path, path.toNamespacedPath("/a"));
for (const name of ["join", "normalize", "resolve", "dirname", "basename", "extname", "parse", "isAbsolute", "relative", "format"]) show(() => path[name](5));
show(() => path.basename("a", 5));
