// `node:worker_threads`: threads with a runtime each (`crates/host/src/io/worker.rs`).
(native, use) => {
  const EventEmitter = use("node/events");
  const { absents, fail, invalidType, invalidValue, make } = use("node/errors");
  const { cloneWith, isMarkedAsUntransferable, markAsUncloneable, markAsUntransferable } = use("web/clone");
  const { deliverRemote, importPort, receive, BroadcastChannel, MessageChannel, MessagePort } = use("web/messages");
  const self = use("node/worker_self");
  const SHARE_ENV = Symbol.for("nodejs.worker_threads.SHARE_ENV");
  const LIMITS = { maxYoungGenerationSizeMb: 48, maxOldGenerationSizeMb: 4096, codeRangeSizeMb: 0, stackSizeMb: 4 };
  // Those that run: who drops a worker does not end it.
  const running = new Set();
  const environment = new Map(self.environment ?? []);

  const listOf = (options) => (Array.isArray(options) ? options : (options?.transfer ?? []));

  // The path or the text of a program, and what `process.argv` says of it.
  function programOf(program, options) {
    if (options.eval) {
      if (typeof program !== "string") throw invalidValue("options.eval", options.eval, "must be false when 'filename' is not a string");
      return { text: program, shown: "[worker eval]" };
    }
    const url = program instanceof URL ? program : undefined;
    if (url?.protocol === "data:") return { text: `import(${JSON.stringify(url.href)});`, shown: url.href };
    if (url !== undefined) {
      const file = use("node/url").fileURLToPath(url);
      return { file, shown: file };
    }
    if (typeof program !== "string") throw invalidType("filename", "of type string or an instance of URL", program);
    const path = use("node/path");
    if (!path.isAbsolute(program) && !/^\.\.?[\\/]/.test(program)) {
      const hint = /^file:|^data:/.test(program) ? " Wrap file:// URLs with `new URL`." : "";
      fail(TypeError, "ERR_WORKER_PATH", `The worker script or module filename must be an absolute path or a relative path starting with './' or '../'.${hint} Received "${program}"`);
    }
    const file = path.resolve(program);
    return { file, shown: file };
  }

  function environmentOf(given) {
    if (given === SHARE_ENV) return {};
    if (given === null || given === undefined) return process.env;
    if (typeof given !== "object") fail(TypeError, "ERR_INVALID_ARG_TYPE", `The "options.env" property must be of type object or one of undefined, null, or worker_threads.SHARE_ENV. ${use("node/errors").received(given)}`);
    return given;
  }

  function limitsOf(given) {
    const limits = { ...LIMITS };
    if (typeof given !== "object" || given === null) return { limits, memory: 0 };
    let memory = 0;
    for (const key of Object.keys(LIMITS)) if (typeof given[key] === "number" && given[key] > 0) limits[key] = given[key];
    if (given.maxOldGenerationSizeMb > 0) memory = given.maxOldGenerationSizeMb * 2 ** 20;
    return { limits, memory };
  }

  class Worker extends EventEmitter {
    #handle;
    #port;
    #control;
    #settings;
    #ended;
    #hasExited = false;
    #isTerminated = false;

    constructor(filename, options = {}) {
      super();
      options = Object(options ?? {});
      const program = programOf(filename, options);
      for (const key of ["argv", "execArgv"]) if (options[key] !== undefined && options[key] !== null && !Array.isArray(options[key])) throw invalidType(`options.${key}`, "an instance of Array", options[key]);
      const name = options.name === undefined ? "WorkerThread" : `${options.name}`;
      if (options.name !== undefined && typeof options.name !== "string") throw invalidType("options.name", "of type string", options.name);
      const { limits, memory } = limitsOf(options.resourceLimits);
      const env = Object.entries(environmentOf(options.env)).flatMap(([key, value]) => [key, `${value}`]);
      // What the worker begins with is cloned before there is one.
      const { result, moved } = cloneWith(options.workerData, listOf(options.transferList));
      const { pack, pair } = use("node/worker_packets");
      const [control, theirControl] = pair();
      const [port, theirPort] = pair();
      // Whose process has no arguments has no path, either.
      const argv = [process.execPath ?? "", program.shown, ...(options.argv ?? []).map((value) => `${value}`)];
      const first = { workerData: result, moved: moved.length, name, limits, environment: [...environment], execArgv: options.execArgv ?? [...process.execArgv], hasInput: Boolean(options.stdin) };
      control.post(...pack(first));
      const settings = { ...program, argv, env, sharedEnv: options.env === SHARE_ENV ? use("node/global_process").shareEnv() : undefined, memory, stack: limits.stackSizeMb * 2 ** 20, control: theirControl, port: theirPort };
      try {
        this.#handle = use("node/worker_natives").start((what, value) => this.#told(what, value), settings);
      } catch (error) {
        fail(Error, "ERR_WORKER_INIT_FAILED", `Worker initialization failure: ${error.message}`);
      }
      this.#control = control;
      this.#settings = { limits, name, pipesOut: !options.stdout, pipesErr: !options.stderr };
      control.listen(() => this.#listen());
      this.#port = importPort(port);
      this.#port.on("message", (message) => this.emit("message", message));
      this.#port.on("messageerror", (error) => this.emit("messageerror", error));
      // The worker itself is what the program waits for.
      this.#port.unref();
      this.#openStreams(options);
      running.add(this);
      process.nextTick(() => process.emit("worker", this));
    }

    #openStreams({ stdin }) {
      const { Readable, Writable } = use("node/stream");
      this.stdout = new Readable({ read() {} });
      this.stderr = new Readable({ read() {} });
      this.stdin = stdin
        ? new Writable({
          write: (chunk, encoding, done) => {
            this.#control?.post(...use("node/worker_packets").pack(new Uint8Array(Buffer.from(chunk, encoding))));
            done();
          },
          final: (done) => {
            this.#control?.post(...use("node/worker_packets").pack(null));
            done();
          },
        })
        : null;
    }

    #told(what, value) {
      if (what === "exit") {
        // What its ports have said comes before.
        setImmediate(() => this.#exit(value));
        return;
      }
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      const isOut = what === "stdout";
      if (isOut ? this.#settings.pipesOut : this.#settings.pipesErr) process[what].write(bytes);
      this[what].push(bytes);
      // Nobody who reads it keeps it, if it was written.
      if ((isOut ? this.#settings.pipesOut : this.#settings.pipesErr) && this[what].listenerCount("data") + this[what].listenerCount("readable") === 0) this[what].read();
    }

    #listen() {
      for (let packet = this.#control?.take(); packet !== undefined; packet = this.#control?.take()) {
        const { type, value } = use("node/worker_packets").unpack(packet);
        if (type === "online") this.emit("online");
        else if (type === "error") this.#error = { value: errorOf(value) };
      }
    }
    #error;

    #exit(status) {
      this.#listen();
      if (deliverRemote(this.#port)) {
        // What it has said comes before, a turn for each.
        setImmediate(() => this.#exit(status));
        return;
      }
      this.#hasExited = true;
      this.#handle.over();
      this.#control.close();
      this.#control = undefined;
      this.#port.close();
      running.delete(this);
      this.stdout.push(null);
      this.stderr.push(null);
      this.stdin?.destroy();
      try {
        if (this.#error !== undefined) this.emit("error", this.#error.value);
      } finally {
        this.#ended?.resolve(status);
        this.emit("exit", status);
      }
    }

    postMessage(...args) { this.#port.postMessage(...args); }

    terminate() {
      if (this.#hasExited) return Promise.resolve();
      this.#ended ??= Promise.withResolvers();
      if (!this.#isTerminated) this.#handle.end();
      this.#isTerminated = true;
      this.ref();
      return this.#ended.promise;
    }
    async [Symbol.asyncDispose]() { await this.terminate(); }

    ref() { if (!this.#hasExited) this.#handle.hold(true); }
    unref() { if (!this.#hasExited) this.#handle.hold(false); }
    get threadId() { return this.#hasExited ? -1 : this.#handle.id; }
    get threadName() { return this.#hasExited ? null : this.#settings.name; }
    get resourceLimits() { return this.#hasExited ? {} : { ...this.#settings.limits }; }
    get performance() { return { eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }) }; }
    getHeapSnapshot() { return absents("worker_threads.Worker", ["getHeapSnapshot"]).getHeapSnapshot(); }
  }

  // An error as it was thrown there.
  function errorOf(value) {
    if (value?.error === undefined) return value;
    const { base, name, stack, own, errors, code, message } = value.error;
    if (code !== undefined) return make(Error, code, message, own);
    const error = errors !== undefined ? new AggregateError(errors, message) : base instanceof Error ? base : new Error(message);
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
    if (error.name !== name) Object.defineProperty(error, "name", { value: name, writable: true, enumerable: true, configurable: true });
    return Object.assign(error, own);
  }

  const getEnvironmentData = (key) => environment.get(key);
  function setEnvironmentData(key, value) {
    if (value === undefined) environment.delete(key);
    else environment.set(key, value);
  }

  const missing = absents("worker_threads", ["moveMessagePortToContext", "postMessageToThread"]);
  const shared = { ...missing, getEnvironmentData, setEnvironmentData, receiveMessageOnPort: receive, MessageChannel, MessagePort, BroadcastChannel, isInternalThread: false, Worker, SHARE_ENV };
  Object.assign(shared, { markAsUntransferable, isMarkedAsUntransferable, markAsUncloneable });
  if (self.isMainThread) return { ...shared, isMainThread: true, threadName: "", threadId: 0, parentPort: null, workerData: null, resourceLimits: {} };
  const { parentPort } = self;
  return { ...shared, isMainThread: false, threadName: self.name, threadId: self.id, parentPort, workerData: self.workerData, resourceLimits: self.limits };
};
