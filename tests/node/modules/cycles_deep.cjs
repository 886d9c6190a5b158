// Cycles of three, exports that are replaced half-way, require.cache, parent and children.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "cycle-"));
const file = (name, text) => fs.writeFileSync(path.join(folder, name), text);
file("a.js", "exports.early = 1; const b = require('./b'); module.exports = { late: 2, b: b.name, seen: b.seen };");
file(
  "b.js",
  "const a = require('./a'); exports.name = 'b'; exports.seen = Object.keys(a).join(); exports.c = require('./c');",
);
file("c.js", "exports.a = Object.keys(require('./a')); exports.b = require('./b').name;");
const a = require(path.join(folder, "a"));
console.log(a, require(path.join(folder, "c.js")));
const own = require.cache[path.join(folder, "a.js")];
console.log(
  own.exports === a,
  own.loaded,
  own.id === own.filename,
  own.children.map((child) => path.basename(child.id)),
  own.parent === module,
  own.paths[0] === path.join(folder, "node_modules"),
);
delete require.cache[path.join(folder, "a.js")];
console.log(require(path.join(folder, "a.js")) === a, module.children.length > 0);
file(
  "throws.js",
  "exports.half = 1; globalThis.tries = (globalThis.tries ?? 0) + 1; throw new Error('at load ' + tries);",
);
for (let i = 0; i < 2; i++)
  try {
    require(path.join(folder, "throws"));
  } catch (error) {
    console.log(error.message);
  }
file(
  "this.js",
  "module.exports = [this === exports, this === module.exports, typeof require, typeof __filename, __dirname === require('path').dirname(__filename), require.main === module, arguments.length];",
);
console.log(require(path.join(folder, "this")).map(String));
try {
  require(path.join(folder, "none"));
} catch (error) {
  console.log(
    error.code,
    error.requireStack.map((at) => path.basename(at)),
  );
}
for (const bad of [undefined, "", 5, {}])
  try {
    require(bad);
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
fs.rmSync(folder, { recursive: true });
