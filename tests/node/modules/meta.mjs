import path from "node:path";
console.log(import.meta.main, path.basename(import.meta.filename), path.basename(import.meta.dirname));
console.log(path.basename(import.meta.resolve("./nothing.mjs?q#h")), import.meta.resolve("fs"), import.meta.resolve("node:path/posix"));
console.log(import.meta.resolve("data:text/javascript,1"), Object.keys(import.meta).sort().join());
