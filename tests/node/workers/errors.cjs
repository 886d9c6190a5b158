// What nobody caught in a worker is an event of whoever started it.
const { Worker } = require("node:worker_threads");
const run = (text, options) => new Promise((done) => {
  const worker = new Worker(text, { eval: true, ...options });
  worker.on("message", (message) => console.log("message", message));
  worker.on("error", (error) => {
    if (error instanceof Error) console.log("error", error.constructor.name, error.name, error.message, error.code, typeof error.stack, error.cause, error.extra);
    else console.log("value", error);
  });
  worker.on("exit", (code) => { console.log("exit", code); done(); });
});
(async () => {
  await run("throw new Error('plain')");
  await run("throw Object.assign(new TypeError('typed', { cause: 'why' }), { code: 'E_OWN', extra: { a: [1] } })");
  await run("class Own extends Error { constructor(m) { super(m); this.name = 'Own'; } } throw new Own('of a class')");
  await run("throw 5");
  await run("throw { a: new Map([[1, 2]]) }");
  await run("setTimeout(() => { throw new RangeError('later') }, 1)");
  await run("Promise.reject(new Error('rejected'))");
  await run("(async () => { await null; throw new SyntaxError('async') })()");
  await run("process.on('uncaughtException', (e) => require('node:worker_threads').parentPort.postMessage('caught ' + e.message)); throw new Error('x')");
  await run("process.on('exit', (code) => require('node:worker_threads').parentPort.postMessage('exit ' + code)); throw new Error('with listener')");
  const missing = new Worker("./no/such/file.js");
  missing.on("error", (error) => console.log("missing", error.code));
  await new Promise((done) => missing.on("exit", (code) => { console.log(code); done(); }));
  for (const args of [[5], ["file.js"], ["file:///x.js"], [new URL("http://x/")], ["./x.js", { argv: 5 }], ["./x.js", { env: 5 }], ["./x.js", { name: 5 }], ["1", { eval: true, workerData: Symbol("s") }], [() => {}, { eval: true }]]) {
    try {
      new Worker(...args);
      console.log("made");
    } catch (error) {
      console.log(error.name, error.code, error.message);
    }
  }
})();
