// Names that an ES module sees of a CommonJS one, in each way of writing them.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "names-"));
let count = 0;
const load = async (text) => {
  const at = path.join(folder, `m${count++}.cjs`);
  fs.writeFileSync(at, text);
  try {
    const loaded = await import(pathToFileURL(at));
    return [
      Object.keys(loaded).join(),
      typeof loaded.default === "object" ? JSON.stringify(loaded.default) : String(loaded.default),
    ].join(" | ");
  } catch (error) {
    return `${error.name} ${error.message}`;
  }
};
for (const text of [
  "exports.a = 1; exports['b'] = 2; exports.default = 3;",
  "module.exports = { a: 1, b, 'c': 2, ['d']: 3, ...{ e: 1 } }; var b;",
  "module.exports = { a: 1, b: () => 2, c() {} };",
  "module.exports = { a, ...x, b }; var a, b, x;",
  "Object.defineProperty(exports, 'a', { enumerable: true, value: 1 }); Object.defineProperty(exports, '__esModule', { value: true });",
  "Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return 5; } });",
  "Object.defineProperty(exports, 'a', { get() { return 5; } });",
  "exports.__esModule = true; exports.default = 'the default'; exports.x = 1;",
  "if (true) exports.a = 1; else exports.b = 2; function f() { exports.c = 3; }",
  "module.exports = function named() {}; module.exports.a = 1;",
  "module.exports = require('path');",
  "const e = exports; e.hidden = 1; exports.a = exports.b = 2;",
  "/* exports.c = 1 */ 'exports.d = 1'; // exports.e\nexports.a = `exports.f = 1`;",
  "module.exports = class A {}; ",
  "module.exports = 5;",
  "module.exports = null;",
  "exports.if = 1; exports['not an id'] = 2; exports['module.exports'] = 3;",
  "__exportStar(require('node:path'), exports); function __exportStar() {}",
])
  console.log(JSON.stringify(text.slice(0, 60)), await load(text));
fs.rmSync(folder, { recursive: true });
