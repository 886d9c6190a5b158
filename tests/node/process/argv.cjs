// What a program finds of its command line and environment, by a second process.
const { spawnSync } = require("child_process");
const start = process.versions.bident ? ["eval"] : ["-e"];
const run = (code, args = [], options = {}) => {
  const ended = spawnSync(process.execPath, [...start, code, ...args], { encoding: "utf8", ...options });
  return [ended.status, ended.stdout.trim()];
};
console.log(run("console.log(process.argv.slice(1))", ["a", "b c", ""]));
console.log(run("console.log(process.env.MINE, process.env.NONE)", [], { env: { MINE: "é x" } }));
console.log(run("console.log(process.cwd())", [], { cwd: "/" }));
console.log(run("console.log(require('path').sep, typeof module, typeof exports, __filename)"));
console.log(run("console.log(1); process.exit(3); console.log(2)"));
console.log(run("await Promise.resolve(); console.log(import.meta !== undefined)"));
console.log(run("console.log(typeof require)"), run("'use strict'; console.log(this === globalThis)"), run(""));
