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
tell("missing", spawnSync("no-such-command-here"));
tell("cwd missing", spawnSync("pwd", { cwd: "/no/such" }));
tell("signal", spawnSync("sh", ["-c", "kill -TERM $$"]));
tell("timeout", spawnSync("sleep", ["5"], { timeout: 30 }));
tell("kill signal", spawnSync("sleep", ["5"], { timeout: 30, killSignal: "SIGKILL" }));
tell("status", spawnSync("sh", ["-c", "exit 200"]));
const r = spawnSync("nope-at-all", ["a", "b"]);
