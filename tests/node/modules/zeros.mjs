// Texts of modules may have zeros in them: packages keep bytes in strings.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "zeros-"));
const text = "'a\0b', `c\0${1}\\\0`, /\0+/.test('\0'), String.raw`\0`.length /* \0 */";
writeFileSync(join(folder, "common.cjs"), `// \0\nmodule.exports = [${text}];`);
writeFileSync(join(folder, "module.mjs"), `// \0\nexport default [${text}]; export const name = import.meta.filename.slice(-10);`);
writeFileSync(join(folder, "wrong.mjs"), "export default \0;");
writeFileSync(join(folder, "wrong.cjs"), "let a = \0;");

console.log(createRequire(import.meta.url)(join(folder, "common.cjs")));
const module = await import(pathToFileURL(join(folder, "module.mjs")).href);
console.log(module.default, module.name);
for (const file of ["wrong.mjs", "wrong.cjs"]) await import(pathToFileURL(join(folder, file)).href).catch((error) => console.log(error.name));
console.log((0, eval)("'a\0b'").length, new Function("return '\0'")().length);
rmSync(folder, { recursive: true });
