// A child's events and their order, signals, streams that end early.
const { spawn, exec, execFile } = require("child_process");
const watch = (name, c) =>
  new Promise((done) => {
    const log = [];
    for (const e of ["spawn", "exit", "close", "error", "disconnect"])
      c.on(e, (...a) => {
        log.push(e + ":" + a.map((x) => x?.code ?? x).join());
        if (e === "close" || (e === "error" && !c.pid))
          setTimeout(() => {
            console.log(name, log.join(" "), c.exitCode, c.signalCode, c.killed);
            done();
          }, 5);
      });
  });
(async () => {
  await watch("plain", spawn("true"));
  await watch("fails", spawn("false"));
  await watch("missing", spawn("no-such-here"));
  const c = spawn("sleep", ["9"]);
  c.on("spawn", () => console.log(c.kill(), c.killed, c.kill("SIGTERM")));
  await watch("killed", c);
  console.log(c.kill());
  const s = spawn("sh", ["-c", "trap 'exit 7' USR1; echo up; while :; do sleep 0.02; done"]);
  s.stdout.once("data", () => s.kill("SIGUSR1"));
  await watch("trapped", s);
  const cat = spawn("cat");
  let t = "";
  cat.stdout.setEncoding("utf8").on("data", (d) => {
    t += d;
    if (t.length === 3) cat.stdin.end("!");
  });
  cat.stdin.write("abc");
  await watch("cat", cat);
  console.log(t, cat.spawnfile, cat.spawnargs, cat.stdio.length, cat.connected);
  const early = spawn("true");
  early.stdin.on("error", (e) => console.log("stdin", ["EPIPE", "ECONNRESET"].includes(e.code)));
  await watch("early", early);
  early.stdin.write("x".repeat(10), () => {});
  const stop = new AbortController();
  const a = spawn("sleep", ["9"], { signal: stop.signal });
  a.on("error", (e) => console.log(e.name, e.code, e.message));
  a.on("exit", (code, signal) => console.log("exit", code, signal));
  stop.abort();
  await new Promise((f) => a.on("close", f));
  const t1 = spawn("sleep", ["9"], { timeout: 20, killSignal: "SIGINT" });
  await watch("timeout", t1);
  const ref = spawn("sleep", ["0"], { stdio: "ignore", detached: true });
  console.log(ref.stdin, ref.stdout, typeof ref.unref(), typeof ref.ref());
  await watch("detached", ref);
  console.log(
    await new Promise((f) =>
      exec("echo out; echo err >&2; exit 5", (e, o, r) => f([e.code, e.killed, e.signal, e.cmd, e.message, o, r])),
    ),
  );
  console.log(
    await new Promise((f) => execFile("printf", ["%s|", "a", "b c"], { encoding: "buffer" }, (e, o) => f([e, o]))),
  );
  console.log(
    await new Promise((f) => exec("printf 0123456789", { maxBuffer: 4 }, (e, o) => f([e.code, e.message, o]))),
  );
  console.log(await new Promise((f) => exec("sleep 9", { timeout: 20 }, (e) => f([e.killed, e.signal, e.code]))));
  const p = require("util").promisify(exec);
  console.log(await p("echo p"), await p("exit 3").catch((e) => [e.code, e.stdout]));
  for (const bad of [
    () => exec(5),
    () => execFile("a", 5, 5),
    () => spawn("ls", { signal: 5 }),
    () => exec("ls", { timeout: -1 }),
    () => c.kill("SIGNOPE"),
  ])
    try {
      bad();
      console.log("none");
    } catch (e) {
      console.log(e.code, e.message);
    }
})();
