// `node:module`, and what all modules of Node's have.
import module, { builtinModules, createRequire, isBuiltin } from "node:module";
const require = createRequire(import.meta.url);
console.log(isBuiltin("fs"), isBuiltin("node:fs"), isBuiltin("nope"), isBuiltin("fs/promises"), isBuiltin("node:nope"));
for (const name of ["assert", "buffer", "child_process", "crypto", "dns", "events", "fs", "http", "https", "module", "net", "os", "path", "process", "querystring", "readline", "stream", "string_decoder", "timers", "tls", "tty", "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib", "dns/promises", "readline/promises", "util/types"]) {
  const plain = require(name);
  const imported = await import(`node:${name}`);
  console.log(name, plain === require(`node:${name}`), imported.default === plain, builtinModules.includes(name));
}
for (const name of ["node:nope", "./nope.js", "nope-package", "node:"]) {
  await import(name).catch((error) => console.log(error.code));
  try {
    require(name);
  } catch (error) {
    console.log(error.code);
  }
}
console.log(module.createRequire === createRequire, typeof module._load, module.builtinModules === builtinModules);
