// Processes with pipes, statuses and signals.
const { spawn } = require("node:child_process");
const { once } = require("node:events");
async function text(stream) {
  let all = "";
  for await (const part of stream.setEncoding("utf8")) all += part;
  return all;
}
(async () => {
  const echo = spawn("sh", ["-c", "echo out; echo err >&2; exit 3"]);
  console.log(typeof echo.pid, echo.spawnfile, echo.spawnargs, echo.exitCode, echo.killed);
  const [out, err, [code, signal]] = await Promise.all([text(echo.stdout), text(echo.stderr), once(echo, "close")]);
  console.log(JSON.stringify([out, err, code, signal]), echo.exitCode, echo.signalCode);
  const cat = spawn("cat");
  const back = text(cat.stdout);
  cat.stdin.write("written ");
  cat.stdin.end("and ended");
  console.log(await back, await once(cat, "close"));
  const sleeper = spawn("sleep", ["60"]);
  const order = [];
  setTimeout(() => { order.push("timer"); console.log(sleeper.kill("SIGTERM"), sleeper.killed); }, 10);
  const [status, name] = await once(sleeper, "exit");
  console.log(order, status, name, sleeper.kill());
  const missing = spawn("no-such-program-here", ["a"]);
  const [error] = await once(missing, "error");
  console.log(error.code, error.syscall, error.path, error.spawnargs, error.message, error.errno, missing.pid);
  const ignored = spawn("sh", ["-c", "echo ignored; read line; exit $?"], { stdio: ["ignore", "ignore", "pipe"] });
  console.log(ignored.stdin, ignored.stdout, ignored.stderr !== null);
  ignored.stderr.resume();
  console.log(await once(ignored, "close"));
  const env = spawn("sh", ["-c", "echo $A-$B; pwd"], { env: { A: "1", PATH: process.env.PATH }, cwd: "/" });
  console.log(await text(env.stdout));
  const shell = spawn("echo $((1 + 2)) | cat", { shell: true });
  console.log(await text(shell.stdout));
  const inherited = spawn("sh", ["-c", "echo inherited"], { stdio: "inherit" });
  await once(inherited, "close");
  const controller = new AbortController();
  const aborted = spawn("sleep", ["60"], { signal: controller.signal });
  aborted.on("error", (failure) => console.log(failure.name, failure.code));
  aborted.once("spawn", () => controller.abort());
  console.log(await once(aborted, "close").catch((failure) => failure.name));
  const timed = spawn("sleep", ["60"], { timeout: 20, killSignal: "SIGKILL" });
  console.log(await once(timed, "close"));
  const big = spawn("sh", ["-c", "head -c 1000000 /dev/zero"]);
  let size = 0;
  for await (const part of big.stdout) size += part.length;
  console.log(size);
})();
