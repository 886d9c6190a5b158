import { createRequire, builtinModules, isBuiltin } from "node:module";
const require = createRequire(import.meta.url);
console.log(require("./lib/object.cjs").c, require("fs") === (await import("node:fs")).default);
console.log(isBuiltin("fs"), isBuiltin("node:fs"), isBuiltin("nothing"), builtinModules.includes("path"));
for (const from of ["x", 5, "./y", "https://x/"]) try { createRequire(from); } catch (error) { console.log(error.name, error.code); }
console.log(require.resolve("./lib/data").endsWith("data.json"), require.resolve.paths("x")[0].endsWith("modules/node_modules"));
