// exports and imports of packages: conditions, patterns, null, self-reference, errors.
const fs = require("fs"),
  os = require("os"),
  path = require("path"),
  { createRequire } = require("module");
const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "exports-")),
  inside = path.join(folder, "node_modules", "p");
const file = (name, text) => {
  const at = path.join(inside, name);
  fs.mkdirSync(path.dirname(at), { recursive: true });
  fs.writeFileSync(at, text);
};
file(
  "package.json",
  JSON.stringify({
    name: "p",
    exports: {
      ".": { import: "./i.mjs", require: "./r.js", default: "./d.js" },
      "./sub/*": "./lib/*.js",
      "./sub/secret": null,
      "./dir/": "./lib/",
      "./nested": { node: { require: "./r.js" } },
      "./out": "../x.js",
      "./many": ["./not a valid", "./r.js"],
      "./gone": "./gone.js",
      "./self": "./self.js",
    },
    imports: { "#in": "./r.js", "#ext": "path", "#pat/*": "./lib/*.js" },
  }),
);
file("r.js", "module.exports = 'required';");
file("i.mjs", "export default 'imported'; export const x = 1;");
file("lib/one.js", "module.exports = 'one';");
file("lib/secret.js", "module.exports = 'secret';");
file("self.js", "module.exports = [require('p'), require('#in'), require('#ext').sep, require('#pat/one')];");
file("bad.js", "require('#nope')");
const from = createRequire(path.join(folder, "main.js"));
for (const name of [
  "p",
  "p/sub/one",
  "p/sub/secret",
  "p/sub/none",
  "p/dir/one.js",
  "p/nested",
  "p/out",
  "p/many",
  "p/gone",
  "p/self",
  "p/other",
  "p/package.json",
  "q",
  "p/../p",
  "p/sub/%2e%2e/one",
]) {
  try {
    console.log(name, from(name));
  } catch (error) {
    console.log(name, error.code, error.message.replaceAll(folder, "TMP").split("\n")[0]);
  }
}
try {
  from("./node_modules/p/bad.js");
} catch (error) {
  console.log(error.code, error.message.replaceAll(folder, "TMP"));
}
import("file://" + path.join(folder, "node_modules/p/i.mjs")).then((loaded) => {
  console.log(loaded.default, loaded.x);
  fs.rmSync(folder, { recursive: true });
});
