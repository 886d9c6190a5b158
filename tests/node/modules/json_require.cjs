// JSON and text by require, and what is no module.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "json-")),
  at = (name, text) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    return file;
  };
console.log(
  require(at("a.json", '{"a":[1,{"b":null}]}')),
  require(at("b.json", '"text"')),
  require(at("c.json", "5")),
  require(at("bom.json", '\ufeff{"bom":1}')),
);
for (const text of ["", "{", "{a:1}", "undefined", "[1,]", "1; 2"])
  try {
    require(at(`bad${text.length}${text.charCodeAt(0)}.json`, text));
  } catch (error) {
    console.log(JSON.stringify(text), error.name);
  }
const file = at("kept.json", '{"n":1}');
require(file).n = 2;
console.log(require(file).n);
delete require.cache[require.resolve(file)];
console.log(require(file).n);
console.log(
  require(at("plain.cjs", "module.exports = __filename.slice(-9)")),
  require(at("noext", "exports.x = 'no extension'")).x,
  require(at("odd.txt", "exports.x = 'odd'")).x,
);
require.extensions[".up"] = (module, name) => {
  module.exports = fs.readFileSync(name, "utf8").toUpperCase();
};
console.log(require(at("t.up", "shouted")));
fs.mkdirSync(path.join(folder, "dir"));
fs.writeFileSync(path.join(folder, "dir/index.js"), "exports.i = 'index'");
console.log(require(path.join(folder, "dir")).i, require.resolve(path.join(folder, "dir")).slice(-12));
fs.rmSync(folder, { recursive: true });
