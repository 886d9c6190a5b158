// Other programs: output, input, failure.
import { exec, execFile, execSync, spawn, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { once } from "node:events";
const run = promisify(exec),
  runFile = promisify(execFile);
console.log(await run("echo out && echo err >&2"), await runFile("echo", ["a b", "$HOME"]));
console.log(await run("exit 3").catch(({ code, killed, signal, cmd }) => ({ code, killed, signal, cmd })));
const cat = spawn("cat");
cat.stdin.end("through cat");
let text = "";
for await (const part of cat.stdout) text += part;
console.log(text, await once(cat, "close"));
const sorted = spawnSync("sort", { input: "b\na\nc\n", encoding: "utf8" });
console.log(
  sorted.stdout.split("\n"),
  sorted.status,
  execSync("printf hi").toString(),
  spawnSync("sh", ["-c", "exit 9"]).status,
);
const missing = spawn("no-such-program");
const [error] = await once(missing, "error");
console.log(error.code, error.syscall, error.path, missing.pid);
const child = spawn("sh", ["-c", 'read line; echo "got $line"; exit 4'], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { PATH: process.env.PATH },
});
child.stdin.write("hello\n");
child.stdout.on("data", (part) => console.log(String(part).trim()));
console.log(await once(child, "exit"));
