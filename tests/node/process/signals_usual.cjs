// A program that listens to signals, and one that does not.
const { spawn } = require("child_process");
const start = process.versions.bident ? ["eval"] : ["-e"];
const run = (code, signal) =>
  new Promise((done) => {
    const child = spawn(process.execPath, [...start, code], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (part) => {
      if (text === "") child.kill(signal);
      text += part;
    });
    child.on("close", (code, signal) => done([code, signal, text.trim().split("\n")]));
  });
(async () => {
  console.log(await run("console.log('up'); setInterval(() => {}, 1000)", "SIGTERM"));
  console.log(
    await run(
      "process.on('SIGTERM', (name, number) => { console.log(name, number); process.exit(9) }); console.log('up'); setInterval(() => {}, 1000)",
      "SIGTERM",
    ),
  );
  console.log(
    await run(
      "process.once('SIGUSR2', () => { console.log('usr2'); clearInterval(t) }); const t = setInterval(() => {}, 1000); console.log('up')",
      "SIGUSR2",
    ),
  );
  console.log(await run("console.log('up'); setInterval(() => {}, 1000)", "SIGKILL"));
})();
