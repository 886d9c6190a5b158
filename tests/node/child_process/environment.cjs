// Environments and folders of other programs.
const { execFileSync, spawnSync } = require("child_process");
const run = (script, options) => spawnSync("sh", ["-c", script], { encoding: "utf8", ...options }).stdout.trim();
console.log(
  run("echo $A-$B", { env: { A: "1", B: "two words" } }),
  run("pwd", { cwd: "/usr" }),
  run("echo ${HOME:+set}"),
  run("echo ${HOME:-unset}", { env: {} }),
);
process.env.FROM_HERE = "inherited";
console.log(run("echo $FROM_HERE"));
delete process.env.FROM_HERE;
console.log(run("echo [$FROM_HERE]"));
console.log(
  run("cat; echo", { input: "stdin\n" }).split("\n"),
  run("echo $0", { argv0: "custom" }),
  run("echo $1 $2", {}),
  execFileSync("sh", ["-c", "echo $1-$2", "x", "a", "b c"]).toString(),
);
console.log(
  spawnSync("env", { env: { ONLY: "this", NUMBER: 5, UNDEF: undefined } })
    .stdout.toString()
    .split("\n")
    .sort()
    .join(),
  execFileSync("printf", ["%s\\n", "a", "b"]).toString(),
);
console.log(
  spawnSync("sh", ["-c", "exit $CODE"], { env: { CODE: "7" } }).status,
  spawnSync("true").status,
  spawnSync("sh", ["-c", "kill -USR1 $$"]).signal,
);
