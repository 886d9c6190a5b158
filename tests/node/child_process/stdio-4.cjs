// The forms of stdio, with input, encodings, limits, time.
const { spawnSync, execFileSync, execSync, spawn } = require("child_process");
const tell = (name, r) =>
  console.log(
    name,
    r.status,
    r.signal,
    JSON.stringify(r.stdout?.toString()),
    JSON.stringify(r.stderr?.toString()),
    r.error?.code,
    r.output?.length,
  );
const r = spawnSync("nope-at-all", ["a", "b"]);
console.log(r.error.message, r.error.syscall, r.error.path, r.error.spawnargs, r.error.errno, r.pid);
for (const f of [
  () => execFileSync("sh", ["-c", "echo o; echo e >&2; exit 3"], { stdio: "pipe" }),
  () => execSync("exit 4", { stdio: "pipe" }),
  () => execSync("kill -9 $$", { stdio: "pipe" }),
  () => execFileSync("missing-program"),
])
  try {
    f();
  } catch (e) {
    console.log(e.message.split("\n"), e.status, e.signal, String(e.stdout), String(e.stderr), e.code);
  }
console.log(
  execSync("echo hi", { encoding: "utf8" }),
  execFileSync("printf", ["%s", "a b"]),
  execSync("cat", { input: "in" }).toString(),
);
for (const bad of [
  [5],
  [""],
  ["a\0b"],
  ["ls", "x"],
  ["ls", ["a\0"]],
  ["ls", [], 5],
  ["ls", { cwd: 5 }],
  ["ls", { timeout: -1 }],
  ["ls", { stdio: "nope" }],
  ["ls", { shell: 5 }],
  ["ls", { env: { A: "b\0" } }],
  ["ls", { killSignal: "SIGNO" }],
  ["ls", { uid: "x" }],
  ["ls", { detached: 5 }],
  ["ls", { input: 5 }],
])
  try {
    const x = spawnSync(...bad);
    console.log("ran", x.error?.code);
  } catch (e) {
    console.log(e.name, e.code, e.message);
  }
