// Bindings are live, also through cycles and default exports.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "live-"));
const write = (name, text) => fs.writeFileSync(path.join(folder, name), text);
write("count.mjs", "export let n = 0; export const up = () => ++n; export default n; export { n as alias };");
write(
  "a.mjs",
  "import { b, late } from './b.mjs'; export const a = 'a'; export function hoisted() { return 'hoisted'; } export const seen = [b, typeof late];",
);
write(
  "b.mjs",
  "import { a, hoisted } from './a.mjs'; export const b = hoisted() + 'b'; export let late; try { late = a; } catch (error) { late = error.name; } export const use = () => a;",
);
write("all.mjs", "export * from './count.mjs'; export * as ns from './count.mjs'; export { use } from './b.mjs';");
const load = (name) => import(pathToFileURL(path.join(folder, name)));
const count = await load("count.mjs");
console.log(count.n, count.up(), count.n, count.default, count.alias);
const a = await load("a.mjs");
const all = await load("all.mjs");
console.log(Object.keys(all), all.n, all.ns === count, "default" in all, all.up(), count.n);
console.log(a.seen, all.use(), (await load("b.mjs")).late);
fs.rmSync(folder, { recursive: true });
