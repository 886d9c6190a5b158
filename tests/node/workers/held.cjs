// What keeps the program: workers do, unless they are let go; ports do, where somebody listens.
const { Worker, MessageChannel, threadId, threadName, resourceLimits } = require("node:worker_threads");
const worker = new Worker("setInterval(() => {}, 1000); require('node:worker_threads').parentPort.postMessage(require('node:worker_threads').resourceLimits.maxOldGenerationSizeMb)", { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64, stackSizeMb: 2 } });
console.log(threadId, threadName, resourceLimits, worker.threadId > 0, worker.resourceLimits.stackSizeMb, worker.resourceLimits.maxOldGenerationSizeMb);
worker.on("message", (limit) => {
  console.log("limit", limit);
  worker.unref();
  const { port1, port2 } = new MessageChannel();
  port1.on("message", (m) => { console.log(m); port1.unref(); });
  port2.postMessage("held");
});
worker.on("exit", () => console.log("never"));
process.on("exit", (code) => console.log("exit", code));
