// A worker of the same file: data, ports, shared buffers and memories, messages both ways.
import { Worker, isMainThread, threadId, parentPort, workerData, MessageChannel } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
if (isMainThread) {
  console.log(isMainThread, threadId, parentPort, workerData);
  const sab = new SharedArrayBuffer(16); const view = new Int32Array(sab);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
  const { port1, port2 } = new MessageChannel();
  const w = new Worker(fileURLToPath(import.meta.url), { workerData: { x: 1, sab, memory, port2, view }, transferList: [port2] });
  w.on('online', () => console.log('online'));
  w.on('message', (m) => { console.log('message', m); if (m.go) { w.postMessage('bye'); } });
  port1.on('message', (m) => { console.log('port', m, view[0], new Int32Array(memory.buffer)[0]); port1.postMessage('back'); });
  port1.on('close', () => console.log('port closed'));
  w.on('error', (e) => console.log('error', e));
  w.on('exit', (c) => { console.log('exit', c, w.threadId); });
  console.log(w.threadId);
} else {
  console.log('in worker', threadId, workerData.x, workerData.view.buffer === workerData.sab);
  const view = workerData.view; Atomics.store(view, 0, 42);
  new Int32Array(workerData.memory.buffer)[0] = 7;
  workerData.port2.postMessage({ hi: new Map([[1, new Date(0)]]) });
  workerData.port2.on('message', (m) => { console.log('worker port', m); parentPort.postMessage({ go: true }); });
  parentPort.on('message', (m) => { console.log('got', m); workerData.port2.close(); parentPort.close(); });
}
