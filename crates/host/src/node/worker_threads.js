// There is the main thread and no other. Programs ask which one they are on before they start any.
(native, use) => {
  const isMainThread = true;
  const threadId = 0;
  const parentPort = null;
  const workerData = null;
  const resourceLimits = {};

  class Worker {
    constructor() {
      throw Object.assign(new Error("node:worker_threads: this host has no workers"), { code: "ERR_WORKER_UNSUPPORTED_OPERATION" });
    }
  }

  const { MessageChannel, MessagePort, BroadcastChannel } = globalThis;
  const { absents } = use("node/errors");
  const missing = absents("worker_threads", ["markAsUncloneable", "moveMessagePortToContext", "postMessageToThread"]);
  // What workers would get copies of.
  const environment = new Map();
  const getEnvironmentData = (key) => environment.get(key);
  function setEnvironmentData(key, value) {
    if (value === undefined) environment.delete(key);
    else environment.set(key, value);
  }
  return {
    ...missing, getEnvironmentData, setEnvironmentData, receiveMessageOnPort: use("web/messages").receive, MessageChannel, MessagePort, BroadcastChannel, markAsUntransferable() {}, isMarkedAsUntransferable: () => false, isInternalThread: false,
    isMainThread, threadName: "", threadId, parentPort, workerData, resourceLimits, Worker, SHARE_ENV: Symbol.for("nodejs.worker_threads.SHARE_ENV"),
  };
};
