// What somebody has written on all objects does not decide what runs.
const { exec, execFile, execFileSync, execSync, spawnSync } = require("child_process");
Object.prototype.shell = "/bin/false";
Object.prototype.cwd = "/nowhere";
Object.prototype.argv0 = "other";
console.log(`${spawnSync("/bin/echo", ["plain"]).stdout}`.trim());
console.log(`${spawnSync("/bin/echo", ["plain"], {}).stdout}`.trim());
console.log(`${execFileSync("/bin/echo", ["file"], {})}`.trim());
console.log(`${execSync("echo command", {})}`.trim());
execFile("/bin/echo", ["later"], (error, stdout) => {
  console.log(error, stdout.trim());
  exec("echo last", {}, (failure, text) => console.log(failure, text.trim()));
});
