// `node:cluster`: a program here is always the first of its kind.
(native, use) => {
  const EventEmitter = use("node/events");
  const cluster = new EventEmitter();
  return Object.assign(cluster, { isWorker: false, isMaster: true, isPrimary: true, workers: {}, settings: {}, SCHED_NONE: 1, SCHED_RR: 2, schedulingPolicy: 2 }, use("node/errors").absents("cluster", ["Worker", "setupPrimary", "setupMaster", "fork", "disconnect"]));
};
