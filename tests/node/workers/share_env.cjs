// `SHARE_ENV`: one environment for several threads.
const { SHARE_ENV, Worker } = require("worker_threads");

const run = (source, options) => new Promise((resolve) => new Worker(source, { eval: true, ...options }).on("exit", resolve));
(async () => {
  process.env.FIRST = "1";
  delete process.env.SECOND;
  await run(`process.env.FIRST = 2; process.env.SECOND = "new"; delete process.env.HOME; console.log("SECOND" in process.env, Object.keys(process.env).includes("SECOND"));`, { env: SHARE_ENV });
  console.log(process.env.FIRST, process.env.SECOND, process.env.HOME, "HOME" in process.env);
  await run(`console.log(process.env.FIRST, process.env.SECOND); process.env.FIRST = "3";`);
  console.log(process.env.FIRST);
  await run(`console.log(process.env.X, process.env.Y, process.env.Z, Object.keys(process.env).length);`, { env: { X: 1, Y: undefined, Z: null } });
  const worker = new Worker(`
    const { parentPort, Worker, SHARE_ENV } = require("worker_threads");
    parentPort.once("message", () => {
      parentPort.postMessage(process.env.LATER);
      new Worker("process.env.DEEP = 'deep'; delete process.env.LATER;", { eval: true, env: SHARE_ENV }).on("exit", () => parentPort.postMessage([process.env.DEEP, process.env.LATER]));
    });`, { eval: true, env: SHARE_ENV });
  worker.on("message", (message) => console.log(message));
  process.env.LATER = "yes";
  worker.postMessage("go");
  await new Promise((resolve) => worker.on("exit", resolve));
  console.log(process.env.DEEP, process.env.LATER, { ...process.env }.DEEP, JSON.parse(JSON.stringify(process.env)).DEEP);
})();
