// Workers of texts: arguments, environment, name, data, what is theirs alone.
const { Worker, SHARE_ENV, setEnvironmentData } = require("node:worker_threads");
setEnvironmentData("key", { a: 1 });
const run = (text, options) => new Promise((done) => {
  const seen = [];
  const worker = new Worker(text, { eval: true, ...options });
  worker.on("message", (message) => seen.push(message));
  worker.on("error", (error) => seen.push(["error", error.name, error.message]));
  worker.on("exit", (code) => { console.log(seen, code); done(); });
});
const say = 'const w = require("node:worker_threads"); const say = (...v) => w.parentPort.postMessage(v.length === 1 ? v[0] : v);';
(async () => {
  await run(`${say} say(process.argv.slice(1)); say(process.execArgv); say(w.threadName, w.isMainThread)`, { argv: ["x", 5], name: "named" });
  await run(`${say} say(process.env.ONLY, process.env.PATH === undefined); process.env.ONLY = "changed"; say(process.env.ONLY)`, { env: { ONLY: "mine" } });
  process.env.FROM_PARENT = "yes";
  await run(`${say} say(process.env.FROM_PARENT); process.env.FROM_PARENT = "no"`);
  console.log(process.env.FROM_PARENT);
  await run(`${say} say(w.getEnvironmentData("key"), w.getEnvironmentData("none"), w.workerData)`);
  await run(`${say} say(w.workerData)`, { workerData: null });
  await run(`${say} say(typeof require, typeof module, __filename, require.main === module)`);
  for (const name of ["chdir", "abort", "setuid"]) await run(`${say} try { process.${name}("/") } catch (e) { say(e.name, e.code, e.message) }`);
  await run(`${say} say(process.title === undefined, process.pid === ${process.pid}, process.cwd() === ${JSON.stringify(process.cwd())})`);
  await run(`${say} globalThis.x = 1; say([typeof x, typeof postMessage, globalThis === global])`);
  console.log(typeof x);
  await run(`${say} say(w.resourceLimits.stackSizeMb, w.parentPort.constructor.name)`);
  await run("import('node:os').then((os) => require('node:worker_threads').parentPort.postMessage(typeof os.cpus))");
  await run(`${say} queueMicrotask(() => say("job")); process.nextTick(() => say("tick")); setImmediate(() => { say("immediate"); setTimeout(() => say("timer"), 5); })`);
})();
