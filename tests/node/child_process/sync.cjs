// Processes that are waited for.
const { execFileSync, execSync, spawnSync } = require("node:child_process");
const brief = ({ status, signal, stdout, stderr, error }) => [status, signal, stdout && stdout.toString(), stderr && stderr.toString(), error && error.code];
console.log(brief(spawnSync("sh", ["-c", "echo out; echo err >&2; exit 4"])));
console.log(brief(spawnSync("cat", { input: "given" })), brief(spawnSync("cat", [], { input: Buffer.from("bytes"), encoding: "utf8" })));
console.log(brief(spawnSync("sleep", ["60"], { timeout: 20 })));
console.log(brief(spawnSync("sh", ["-c", "kill -15 $$"])));
const missing = spawnSync("no-such-program");
console.log(brief(missing), missing.error.message, missing.error.syscall, missing.pid);
console.log(brief(spawnSync("head", ["-c", "100000", "/dev/zero"], { maxBuffer: 10, encoding: "latin1" }))[4]);
console.log(execSync("echo $((6 * 7))").toString(), execSync("echo text", { encoding: "utf8" }));
console.log(execFileSync("printf", ["%s|%s", "a b", "$HOME"], { encoding: "utf8" }));
console.log(spawnSync("sh", ["-c", "echo lost"], { stdio: "ignore" }).stdout, spawnSync("echo shell | tr a-z A-Z", { shell: true }).stdout.toString());
try {
  execSync("echo before; echo trouble >&2; exit 7", { stdio: "pipe" });
} catch (error) {
  console.log(error.status, error.message, error.stdout.toString(), error.stderr.toString(), error.signal);
}
try {
  execFileSync("no-such-program");
} catch (error) {
  console.log(error.code, error.message);
}
console.log(brief(spawnSync("pwd", { cwd: "/", env: { PATH: process.env.PATH } })), spawnSync("sh", ["-c", "echo inherited"], { stdio: "inherit" }).status);
{
  // Somebody else holds the pipe when the time is over: what came counts.
  const { status, error, stdout } = spawnSync("/bin/sh", ["-c", "echo early; sleep 5 & wait"], { timeout: 300 });
  console.log(status, error.code, `${stdout}`);
}
