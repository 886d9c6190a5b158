// `process`. `native` has what only the host knows and can do.
(native, use) => {
  const EventEmitter = use("node/events");
  const { fail, invalidType, invalidValue, make, validateFunction, validateString, outOfRange } = use("node/errors");
  const { nextTick } = native;

  function process_() {}
  Object.setPrototypeOf(process_.prototype, EventEmitter.prototype);
  Object.defineProperty(process_, "name", { value: "process" });
  Object.defineProperty(process_.prototype, "constructor", { value: process_, writable: true, configurable: true });
  Object.defineProperty(process_.prototype, Symbol.toStringTag, { value: "process", configurable: true });
  const process = Object.create(Object.create(process_.prototype, {}));
  EventEmitter.call(process);

  let exitCode;
  let exiting = false;

  function code(value) {
    if (value === undefined || value === null) return undefined;
    const number = typeof value === "string" && value !== "" && !Number.isNaN(Number(value)) ? Number(value) : value;
    if (typeof number !== "number") throw invalidType("code", "of type number", value);
    if (!Number.isInteger(number)) throw outOfRange("code", "an integer", number);
    return value;
  }

  // Says that the program ends, once.
  function leave(given = undefined) {
    if (exiting) return;
    exiting = true;
    process._exiting = true;
    const before = exitCode;
    if (given !== undefined) exitCode = given;
    process.emit("exit", Number(given ?? exitCode ?? 0));
    if (given === undefined) return;
    // What a listener says counts more.
    left = exitCode === given ? undefined : Number(exitCode ?? 0) & 255;
    if (left === undefined) exitCode = before;
  }
  let left;

  // The environment is an object, until threads share it.
  let shared = native.sharedEnv;
  const sharedValue = (key) => (shared === undefined || typeof key === "symbol" ? undefined : shared.get(key));
  const env = new Proxy(native.env(), {
    get(target, key, receiver) { return sharedValue(key) ?? Reflect.get(target, key, receiver); },
    has(target, key) { return sharedValue(key) !== undefined || Reflect.has(target, key); },
    set(target, key, value) {
      if (typeof key === "symbol" || typeof value === "symbol") throw new TypeError("Cannot convert a Symbol value to a string");
      if (shared === undefined) target[key] = String(value);
      else shared.set(key, String(value));
      return true;
    },
    defineProperty(target, key, property) {
      if (shared !== undefined && typeof key === "string" && "value" in property) {
        shared.set(key, String(property.value));
        return true;
      }
      return Reflect.defineProperty(target, key, "value" in property ? { ...property, value: String(property.value) } : property);
    },
    deleteProperty(target, key) {
      if (shared !== undefined && typeof key === "string") shared.delete(key);
      return Reflect.deleteProperty(target, key);
    },
    getOwnPropertyDescriptor(target, key) {
      const value = sharedValue(key);
      return value === undefined ? Reflect.getOwnPropertyDescriptor(target, key) : { value, writable: true, enumerable: true, configurable: true };
    },
    ownKeys(target) { return shared === undefined ? Reflect.ownKeys(target) : [...shared.names(), ...Reflect.ownKeys(target)]; },
  });
  use("web/inspect").bare.add(env);

  // For workers: what they share with this thread from now on.
  function shareEnv() {
    if (shared === undefined) {
      const values = Object.entries(env);
      for (const [name] of values) delete env[name];
      shared = native.shareEnv(values.flat());
    }
    return shared;
  }

  const hrtime = (since) => {
    const now = native.hrtime();
    let [seconds, nanoseconds] = [Math.floor(now / 1e9), Math.floor(now % 1e9)];
    if (since !== undefined) {
      if (!Array.isArray(since)) throw invalidType("time", "an instance of Array", since);
      if (since.length !== 2) throw outOfRange("time", "2", since.length);
      seconds -= since[0];
      nanoseconds -= since[1];
      if (nanoseconds < 0) [seconds, nanoseconds] = [seconds - 1, nanoseconds + 1e9];
    }
    return [seconds, nanoseconds];
  };
  hrtime.bigint = () => BigInt(Math.floor(native.hrtime()));

  function emitWarning(warning, type = undefined, warningCode = undefined) {
    let options = {};
    if (type !== null && typeof type === "object" && !Array.isArray(type)) [options, type] = [type, type.type];
    else if (typeof type === "function") [type, warningCode] = [undefined, undefined];
    if (type !== undefined) validateString(type, "type");
    if (typeof warningCode !== "function" && warningCode !== undefined) validateString(warningCode, "code");
    let shown = warning;
    if (typeof warning === "string") shown = Object.assign(new Error(warning), { name: type ?? "Warning" });
    else if (!(warning instanceof Error)) throw invalidType("warning", "of type string or an instance of Error", warning);
    const given = options.code ?? warningCode;
    if (given !== undefined) shown.code = given;
    if (options.detail !== undefined) shown.detail = options.detail;
    if (shown.name === "DeprecationWarning" && process.noDeprecation) return;
    nextTick(() => {
      process.emit("warning", shown);
      const mark = shown.code ? `[${shown.code}] ` : "";
      native.complain(`(${native.title}:${native.pid}) ${mark}${shown.name}: ${shown.message}${shown.detail ? `\n${shown.detail}` : ""}`);
    });
  }

  const members = {
    version: `v${native.nodeVersion}`,
    versions: native.versions,
    arch: native.arch,
    platform: native.platform,
    release: { name: "node" },
    argv: native.argv,
    execArgv: [],
    env,
    title: native.title,
    pid: native.pid,
    ppid: native.ppid,
    execPath: native.execPath,
    debugPort: 9229,
    argv0: native.argv[0],
    exitCode: undefined,
    features: { inspector: false, debug: false, uv: false, ipv6: true, tls: false, typescript: false },
    config: { target_defaults: {}, variables: {} },
    moduleLoadList: [],
    allowedNodeEnvironmentFlags: new Set(),
    exit(...given) {
      if (given.length > 0) process.exitCode = given[0];
      leave();
      native.exit(Number(exitCode ?? 0) & 255);
    },
    reallyExit: (value) => native.exit(Number(value ?? 0) & 255),
    abort: () => native.abort(),
    cwd: () => native.cwd(),
    chdir(directory) {
      if (typeof directory !== "string") throw invalidType("directory", "of type string", directory);
      try {
        native.chdir(directory);
      } catch (error) {
        const { code, message } = use("node/file_classes").describe(error, "chdir");
        throw Object.assign(new Error(`${message.replace(/, chdir$/, "")}, chdir '${native.cwd()}' -> '${directory}'`), { code, errno: -error.errno, syscall: "chdir", path: native.cwd(), dest: directory });
      }
    },
    umask: (mask) => native.umask(mask === undefined ? undefined : use("node/file_classes").checkedMode(mask, "mask")),
    uptime: () => native.hrtime() / 1e9 - native.begin,
    hrtime,
    nextTick(callback, ...args) {
      validateFunction(callback, "callback");
      if (!exiting) nextTick(callback, ...args);
    },
    emitWarning,
    memoryUsage: Object.assign(() => {
      const rss = native.rss();
      return { rss, heapTotal: rss, heapUsed: rss, external: 0, arrayBuffers: 0 };
    }, { rss: () => native.rss() }),
    cpuUsage: (since) => {
      if (since !== undefined && (since === null || typeof since !== "object")) throw invalidType("prevValue", "of type object", since);
      for (const part of since === undefined ? [] : ["user", "system"]) {
        const value = since[part];
        if (typeof value !== "number") throw invalidType(`prevValue.${part}`, "of type number", value);
        if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) throw make(RangeError, "ERR_INVALID_ARG_VALUE", invalidValue(`prevValue.${part}`, value).message);
      }
      const { user, system } = native.cpuUsage();
      return since ? { user: user - since.user, system: system - since.system } : { user, system };
    },
    resourceUsage: () => {
      const { user, system } = native.cpuUsage();
      return { userCPUTime: user, systemCPUTime: system, maxRSS: Math.round(native.rss() / 1024), sharedMemorySize: 0, unsharedDataSize: 0, unsharedStackSize: 0, minorPageFault: 0, majorPageFault: 0, swappedOut: 0, fsRead: 0, fsWrite: 0, ipcSent: 0, ipcReceived: 0, signalsCount: 0, voluntaryContextSwitches: 0, involuntaryContextSwitches: 0 };
    },
    constrainedMemory: () => 0,
    availableMemory: () => native.availableMemory(),
    kill(pid, signal = "SIGTERM") {
      if (!Number.isInteger(pid)) throw invalidType("pid", "of type number", pid);
      const { signals } = use("node/os").constants;
      const number = typeof signal === "number" ? signal : signals[signal];
      if (number === undefined) fail(TypeError, "ERR_UNKNOWN_SIGNAL", `Unknown signal: ${signal}`);
      try {
        native.kill(pid, number);
      } catch (error) {
        const described = use("node/file_classes").describe(error, "kill");
        described.message = `kill ${described.code}`;
        throw described;
      }
      return true;
    },
    getuid: () => native.ids()[0],
    geteuid: () => native.ids()[1],
    getgid: () => native.ids()[2],
    getegid: () => native.ids()[3],
    getgroups: () => [native.ids()[2]],
    getActiveResourcesInfo: () => [],
    getBuiltinModule: (name) => {
      validateString(name, "id");
      const module = use("node/module");
      return module.isBuiltin(name) ? module._load(name) : undefined;
    },
    // What an environment file says, where the environment does not say it already.
    loadEnvFile(path = ".env") {
      const values = use("node/util").parseEnv(use("node/fs").readFileSync(path, "utf8"));
      for (const [name, value] of Object.entries(values)) if (!(name in env)) env[name] = value;
    },
    ref(resource) { (resource?.[Symbol.for("nodejs.ref")] ?? resource?.ref)?.call(resource); },
    unref(resource) { (resource?.[Symbol.for("nodejs.unref")] ?? resource?.unref)?.call(resource); },
    ...use("node/errors").absents("process", ["setuid", "seteuid", "setgid", "setegid", "setgroups", "initgroups", "dlopen", "execve", "threadCpuUsage"]),
    setUncaughtExceptionCaptureCallback(callback) {
      if (callback !== null && typeof callback !== "function") throw invalidType("fn", "of type function or null", callback);
      capture = callback;
    },
    hasUncaughtExceptionCaptureCallback: () => capture !== null,
    setSourceMapsEnabled() {},
    sourceMapsEnabled: false,
    binding(name) {
      if (name === "constants") {
        const of = (module) => Object.assign(Object.create(null), use(`node/${module}`).constants);
        return { os: of("os"), fs: of("fs"), crypto: of("crypto"), zlib: of("zlib"), trace: Object.create(null) };
      }
      throw new Error(`No such module: ${name}`);
    },
  };
  let capture = null;
  if (native.isWorker) {
    for (const name of ["abort", "chdir", "setuid", "seteuid", "setgid", "setegid", "setgroups", "initgroups"]) {
      members[name] = () => fail(TypeError, "ERR_WORKER_UNSUPPORTED_OPERATION", `process.${name}() is not supported in workers`);
    }
    const { umask } = members;
    members.umask = (mask) => (mask === undefined ? umask() : fail(TypeError, "ERR_WORKER_UNSUPPORTED_OPERATION", "Setting process.umask() is not supported in workers"));
    members.execArgv = use("node/worker_self").execArgv;
  }
  for (const key of Object.keys(members)) Object.defineProperty(process, key, { value: members[key], writable: true, configurable: true, enumerable: true });
  Object.defineProperty(process, "exitCode", {
    get: () => exitCode,
    set: (value) => { exitCode = code(value); },
    enumerable: true, configurable: true,
  });
  const late = (name, make) => Object.defineProperty(process, name, {
    get() {
      const value = make();
      Object.defineProperty(process, name, { get: () => value, configurable: true, enumerable: true });
      return value;
    },
    enumerable: true, configurable: true,
  });
  late("stdin", () => use("node/global_stdio").stdin());
  late("stdout", () => use("node/global_stdio").output(1));
  late("stderr", () => use("node/global_stdio").output(2));
  late("report", () => ({}));

  // Signals are listened to as long as somebody does.
  const numberOf = (event) => (typeof event === "string" && event.startsWith("SIG") ? use("node/os").constants.signals[event] : undefined);
  EventEmitter.prototype.on.call(process, "newListener", (event) => {
    const number = numberOf(event);
    if (number === undefined || native.isWorker || process.listenerCount(event) > 0) return;
    try {
      native.listen(number, () => process.emit(event, event, number));
    } catch (error) {
      const described = use("node/file_classes").describe(error, "uv_signal_start");
      described.message = `uv_signal_start ${described.code}`;
      throw described;
    }
  });
  EventEmitter.prototype.on.call(process, "removeListener", (event) => {
    const number = numberOf(event);
    if (number !== undefined && !native.isWorker && process.listenerCount(event) === 0) native.unlisten(number);
  });

  // Who was forked talks to who has done it, once anything asks for it.
  if (native.hasLine) {
    process.connected = true;
    const talk = () => {
      for (const name of ["send", "disconnect", "channel"]) delete process[name];
      process.removeListener("newListener", onFirst);
      use("node/line").connect(process, native.line(), { isAdvanced: native.isLineAdvanced, isKept: true });
    };
    const onFirst = (event) => { if (event === "message" || event === "disconnect") talk(); };
    process.on("newListener", onFirst);
    for (const name of ["send", "disconnect", "channel"]) {
      Object.defineProperty(process, name, {
        get() {
          talk();
          return process[name];
        },
        enumerable: true, configurable: true,
      });
    }
  }

  // For the host: an event that it has; false if nobody listens.
  function emit(event, ...args) {
    if (event === "exit") {
      leave(...args);
      return true;
    }
    if (event === "uncaughtException") {
      if (args[1] === "unhandledRejection" && !(args[0] instanceof Error) && process.listenerCount(event) > 0) {
        const { inspect } = use("web/inspect");
        const reason = typeof args[0] === "symbol" ? inspect(args[0]) : typeof args[0] === "object" ? inspect(args[0]) : String(args[0]);
        args[0] = make(Error, "ERR_UNHANDLED_REJECTION", `This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "${reason}".`);
      }
      if (process.listenerCount("uncaughtExceptionMonitor") > 0) process.emit("uncaughtExceptionMonitor", ...args);
      if (capture !== null) {
        capture(args[0]);
        return true;
      }
    }
    return process.emit(event, ...args);
  }

  return { process, emit, shareEnv, leftWith: () => left, exitCode: () => Number(exitCode ?? 0) & 255, hasExitCode: () => exitCode !== undefined };
};
