// How workers end: by themselves, by process.exit, by a status, by listeners; what they have said before is heard.
const { Worker } = require("node:worker_threads");
const run = (text) => new Promise((done) => {
  const worker = new Worker(text, { eval: true });
  const seen = [];
  worker.on("message", (message) => seen.push(message));
  worker.on("error", (error) => seen.push(error.message));
  worker.on("exit", (code) => { console.log(seen, code, worker.threadId); done(); });
});
const say = 'const { parentPort } = require("node:worker_threads"); const say = (m) => parentPort.postMessage(m);';
(async () => {
  await run("");
  await run("process.exit()");
  await run(`${say} say("before"); process.exit(3); say("never")`);
  await run(`${say} try { process.exit(4) } catch { say("never") } finally { say("never") }`);
  await run("process.exitCode = 5");
  await run(`${say} process.on("exit", (code) => { say("exit " + code); process.exitCode = 6 })`);
  await run(`${say} process.on("exit", (code) => say("exit " + code)); process.exit(7)`);
  await run(`${say} process.on("beforeExit", () => say("beforeExit"))`);
  await run(`${say} setTimeout(() => process.exit(8), 5); parentPort.on("message", () => {})`);
  await run(`${say} setInterval(() => {}, 1000); (async () => { await null; process.exit(9) })()`);
  await run(`${say} [1, 2, 3].forEach((i) => { say(i); if (i === 2) process.exit(10) })`);
  await run(`${say} parentPort.on("message", () => say("never")); parentPort.unref(); say("let go")`);
  await run(`${say} parentPort.once("message", () => say("never")); setTimeout(() => parentPort.close(), 5)`);
  console.log("main goes on", process.exitCode);
})();
