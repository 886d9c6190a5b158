// There is the main thread and no other. Programs ask which one they are on before they start any.
export const isMainThread = true;
export const threadId = 0;
export const parentPort = null;
export const workerData = null;
export const resourceLimits = {};

export class Worker {
  constructor() {
    throw Object.assign(new Error("node:worker_threads: this host has no workers"), { code: "ERR_WORKER_UNSUPPORTED_OPERATION" });
  }
}

export default { isMainThread, threadId, parentPort, workerData, resourceLimits, Worker };
