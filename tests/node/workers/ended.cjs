// terminate ends workers whatever they do: nothing, loops, WebAssembly that loops, waits that nobody ends.
const { Worker } = require("node:worker_threads");
const loop = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 3, 0x40, 12, 0, 11, 11];
const wasm = `new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(${JSON.stringify(loop)}))).exports.f()`;
const begun = 'require("node:worker_threads").parentPort.postMessage("begun");';
const kinds = {
  idle: `${begun} setInterval(() => {}, 1000)`,
  loop: `${begun} for (;;) ;`,
  caught: `${begun} for (;;) { try { for (;;) ; } catch {} finally { } }`,
  wasm: `${begun} ${wasm}`,
  wait: `${begun} Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
  memory: `${begun} Atomics.wait(new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer), 0, 0)`,
  promises: `${begun} (function again() { Promise.resolve().then(again) })()`,
  ticks: `${begun} (function again() { process.nextTick(again) })()`,
  pattern: `${begun} /^(a+)+$/.test("a".repeat(28) + "b"); for (;;) ;`,
};
(async () => {
  for (const [name, text] of Object.entries(kinds)) {
    const worker = new Worker(text, { eval: true });
    await new Promise((done) => worker.once("message", done));
    const exit = new Promise((done) => worker.on("exit", done));
    worker.on("error", (error) => console.log("never", error));
    const code = await worker.terminate();
    console.log(name, code, await exit, await worker.terminate(), worker.threadId);
  }
  const quick = new Worker("setInterval(() => {}, 1000)", { eval: true });
  const codes = await Promise.all([quick.terminate(), quick.terminate()]);
  console.log(codes[0] === codes[1]);
  const worker = new Worker("process.on('exit', () => console.log('never')); setInterval(() => {}, 1000)", { eval: true });
  worker.on("online", () => worker.terminate());
  worker.on("exit", (code) => console.log("exit", code));
})();
