// exitCode: what it may be, and which wins.
const { execFileSync, spawnSync } = require("child_process");
const run = (code) => {
  const r = spawnSync(process.execPath, [...(process.versions.bident ? ["eval"] : ["-e"]), code], { encoding: "utf8" });
  return [r.status, r.stdout.trim().replace(/\n/g, ";")].join(" ");
};
for (const code of [
  "process.exitCode = 7",
  "process.exitCode = '8'",
  "process.exitCode = undefined",
  "process.exitCode = null; console.log(process.exitCode)",
  "process.exit('9')",
  "process.exit(256 + 3)",
  "process.exit(-1)",
  "process.exitCode = 5; process.exit()",
  "process.exitCode = 5; process.exit(undefined)",
  "process.on('exit', () => { process.exitCode = 6 })",
  "process.on('exit', () => process.exit(2)); process.exit(1)",
  "process.on('exit', (c) => { console.log(c); throw new Error('late') })",
  "process.exitCode = 4; throw new Error('x')",
  "process.on('exit', (c) => console.log('code', c)); Promise.reject(new Error('r'))",
  "setTimeout(() => process.exit(11), 1); setInterval(() => {}, 1)",
  "process.exitCode = 1; process.exitCode = 0",
  "process.reallyExit(12)",
  "process.once('beforeExit', () => setTimeout(() => { process.exitCode = 13 }))",
])
  console.log(code, "->", run(code));
for (const bad of [1.5, "x", {}, true, NaN]) {
  try {
    process.exitCode = bad;
    console.log(bad, process.exitCode);
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
}
for (const bad of ["1.5", false, []]) {
  try {
    process.exit(bad);
  } catch (error) {
    console.log(error.code, error.message);
  }
}
process.exitCode = undefined;
