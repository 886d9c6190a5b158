// Workers of modules: by URL, with imports and awaits, of data: URLs, workers of workers, JSON and CommonJS in them.
import { Worker, isMainThread, parentPort, threadId, workerData } from "node:worker_threads";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { depth: 2 } });
  worker.on("error", (error) => console.log(error));
  worker.on("message", (message) => console.log(message));
  console.log(await once(worker, "exit"));
  const data = new Worker(new URL("data:text/javascript,import { parentPort } from 'node:worker_threads'; parentPort.postMessage(await Promise.resolve(import.meta.url.slice(0, 20)))"));
  console.log(await once(data, "message"));
  await once(data, "exit");
  const relative = new Worker("./workers/modules.mjs", { workerData: { depth: 0 } });
  console.log((await once(relative, "message"))[0]);
  await once(relative, "exit");
} else {
  const { show } = createRequire(import.meta.url)("../show.js");
  const { depth } = workerData;
  parentPort.postMessage([depth, threadId > 0, import.meta.main, import.meta.filename.endsWith("modules.mjs"), typeof show, readFileSync(new URL(import.meta.url), "utf8").length > 100]);
  if (depth > 0) {
    const inner = new Worker(new URL(import.meta.url), { workerData: { depth: depth - 1 } });
    inner.on("message", (message) => parentPort.postMessage(["inner", ...message]));
    const [code] = await once(inner, "exit");
    parentPort.postMessage(`inner ended ${code}`);
  }
}
