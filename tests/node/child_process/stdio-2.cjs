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
tell("mixed", spawnSync("sh", ["-c", "echo out; echo err >&2"], { stdio: ["ignore", "pipe", "ignore"] }));
tell("shell", spawnSync("echo $X-$0", { shell: true, env: { X: "y" } }));
tell("shell named", spawnSync("echo $0", { shell: "/bin/sh" }));
tell("argv0", spawnSync("sh", ["-c", "echo $0"], { argv0: "named" }));
tell("cwd", spawnSync("pwd", { cwd: "/" }));
tell("cwd url", spawnSync("pwd", { cwd: new URL("file:///usr") }));
const r = spawnSync("nope-at-all", ["a", "b"]);
