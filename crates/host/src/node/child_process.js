// `node:child_process`: other programs.
(native, use) => {
  const EventEmitter = use("node/events");
  const { Readable, Writable } = use("node/stream");
  const { describe } = use("node/file_classes");
  const { absent, abortError, validateInteger, validateNumber, validateSignal, fail, invalidType, invalidValue, make, validateFunction, validateString } = use("node/errors");
  const { constants } = use("node/os");
  const { fileURLToPath } = use("node/url");

  const MOST = 1024 * 1024;
  // Milliseconds for what a process that has ended has said before.
  const LAST_WORDS = 200;
  const nameOfSignal = (number) => Object.keys(constants.signals).find((name) => constants.signals[name] === number) ?? null;

  function signalOf(signal = "SIGTERM") {
    const number = typeof signal === "number" ? signal : constants.signals[String(signal).toUpperCase()];
    if (number === undefined) fail(TypeError, "ERR_UNKNOWN_SIGNAL", `Unknown signal: ${signal}`);
    return number;
  }

  const clean = (name, value) => {
    validateString(value, name);
    if (value.includes("\0")) throw invalidValue(name, value, "must be a string without null bytes");
    return value;
  };

  // ---- What is to be run

  const WORDS = { pipe: ["pipe", "pipe", "pipe"], ignore: ["ignore", "ignore", "ignore"], inherit: ["inherit", "inherit", "inherit"], overlapped: ["pipe", "pipe", "pipe"] };

  function stdioOf(given = "pipe") {
    const list = typeof given === "string" ? WORDS[given] : given;
    if (!Array.isArray(list)) throw invalidValue("stdio", given);
    if (list.slice(3).some((entry) => entry !== undefined && entry !== null && entry !== "ignore" && entry !== "ipc")) absent("child_process", "spawn with more than three streams")();
    return [0, 1, 2].map((i) => {
      const entry = list[i] ?? "pipe";
      if (entry === "pipe" || entry === "overlapped") return "pipe";
      if (entry === "ignore") return null;
      if (entry === "inherit") return i;
      if (entry === "ipc") absent("child_process", "a line in the place of a standard stream")();
      if (typeof entry === "number") return entry;
      if (typeof entry.fd === "number") return entry.fd;
      throw invalidValue("stdio", entry);
    });
  }

  // Whether there is a line for messages, whatever number of stream stands for it.
  function lineOf({ stdio, serialization = "json" }) {
    if (!["json", "advanced", undefined].includes(serialization)) throw invalidValue("options.serialization", serialization, "must be one of: undefined, 'json', 'advanced'");
    return { line: Array.isArray(stdio) && stdio.includes("ipc"), isAdvanced: serialization === "advanced" };
  }

  function integerOption(options, name) {
    const value = options[name];
    if (value === undefined || value === null) return undefined;
    validateInteger(value, `options.${name}`, -2147483648, 2147483647);
    return value;
  }

  // What runs is decided by what was given, not by what somebody has written on all objects.
  function normalize(file, args, options) {
    clean("file", file);
    if (file.length === 0) throw invalidValue("file", file, "cannot be empty");
    let list = args;
    let given = options;
    if (!Array.isArray(args) && args !== undefined && args !== null) {
      if (typeof args !== "object") throw invalidType("args", "of type object", args);
      [list, given] = [[], args];
    }
    if (given !== undefined && (given === null || typeof given !== "object")) throw invalidType("options", "of type object", given);
    return { file, args: (list ?? []).map((arg, i) => clean(`args[${i}]`, `${arg}`)), options: { __proto__: null, ...given } };
  }

  function settingsOf({ file, args, options }) {
    const { cwd, env = process.env, shell, argv0 } = options;
    if (cwd !== undefined && cwd !== null && typeof cwd !== "string" && !(cwd instanceof URL)) throw invalidType("options.cwd", "of type string or an instance of Buffer or URL", cwd);
    if (options.detached !== undefined && options.detached !== null && typeof options.detached !== "boolean") throw invalidType("options.detached", "of type boolean", options.detached);
    if (shell !== undefined && shell !== null && typeof shell !== "boolean" && typeof shell !== "string") throw invalidType("options.shell", "one of type boolean or string", shell);
    let [command, list] = [file, [argv0 ?? file, ...args]];
    if (shell) {
      command = typeof shell === "string" ? shell : "/bin/sh";
      list = [command, "-c", [file, ...args].join(" ")];
    }
    const pairs = [];
    for (const [name, value] of Object.entries(env)) {
      if (value !== undefined) pairs.push(clean("options.env", name), clean(`options.env['${name}']`, `${value}`));
    }
    if (lineOf(options).line) pairs.push("NODE_CHANNEL_SERIALIZATION_MODE", lineOf(options).isAdvanced ? "advanced" : "json");
    return {
      file: command, args: list, env: pairs, cwd: cwd === undefined || cwd === null ? undefined : clean("options.cwd", cwd instanceof URL ? fileURLToPath(cwd) : cwd),
      detached: Boolean(options.detached), uid: integerOption(options, "uid"), gid: integerOption(options, "gid"), stdio: stdioOf(options.stdio), ...lineOf(options),
    };
  }

  // ---- Processes that run while the program does

  const buffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  function output(wire) {
    const stream = new Readable({ read: () => wire.read(), destroy: (error, done) => { wire.close(); done(error); } });
    wire.begin((what, value) => {
      if (what === "data") stream.push(buffer(value));
      else if (what === "end") stream.push(null);
      else if (what === "error") stream.destroy(describe(value, "read"));
    });
    return Object.assign(stream, { ref: () => (wire.hold(true), stream), unref: () => (wire.hold(false), stream) });
  }

  function input(wire) {
    let told;
    const stream = new Writable({
      write(chunk, encoding, done) { told = done; wire.hold(true); wire.write(chunk); },
      final(done) { told = done; wire.hold(true); wire.end(); },
      destroy(error, done) { wire.close(); done(error); },
    });
    wire.begin((what, error) => {
      wire.hold(false);
      told?.(error === undefined ? null : describe(error, "write"));
    });
    // What is not written to keeps nobody waiting.
    wire.hold(false);
    return stream;
  }

  class ChildProcess extends EventEmitter {
    #child;

    constructor() {
      super();
      Object.assign(this, { connected: false, signalCode: null, exitCode: null, killed: false, spawnfile: null });
    }

    // For `spawn`; true if it runs.
    begin(settings) {
      this.spawnfile = settings.file;
      this.spawnargs = settings.args;
      try {
        this.#child = native.spawn((what, code, signal) => this.#ended(code, signal), settings);
      } catch (error) {
        if (error.errno === undefined) throw error;
        const described = describe(error, `spawn ${settings.file}`);
        described.message = `spawn ${settings.file} ${described.code}`;
        Object.assign(described, { path: settings.file, spawnargs: settings.args.slice(1) });
        const none = settings.stdio.map((entry, i) => (entry !== "pipe" ? null : i === 0 ? new Writable({ write: (chunk, encoding, done) => done() }) : new Readable({ read() { this.push(null); } })));
        this.#streams(none);
        process.nextTick(() => {
          this.exitCode = described.errno;
          this.emit("error", described);
          for (const stream of none) stream?.destroy();
          process.nextTick(() => this.emit("close", described.errno, null));
        });
        return false;
      }
      this.pid = this.#child.pid;
      const pipe = (i, make_) => (settings.stdio[i] === "pipe" ? make_(this.#child.pipe(i)) : null);
      this.#streams([pipe(0, input), pipe(1, output), pipe(2, output)]);
      if (settings.line) use("node/line").connect(this, this.#child.line(), { isAdvanced: settings.isAdvanced, isKept: false });
      process.nextTick(() => this.emit("spawn"));
      return true;
    }

    #streams(list) {
      this.stdio = list;
      [this.stdin, this.stdout, this.stderr] = list;
    }

    #ended(code, signal) {
      this.#child.close();
      if (!this.connected) return this.#over(code, signal);
      // What it has said comes first; who has its end of the line may live longer.
      let timer;
      const over = () => {
        clearTimeout(timer);
        this.removeListener("disconnect", over);
        this.#over(code, signal);
      };
      timer = setTimeout(over, LAST_WORDS);
      this.once("disconnect", over);
    }

    #over(code, signal) {
      this.exitCode = code ?? null;
      this.signalCode = signal === undefined || signal === null ? null : nameOfSignal(signal);
      this.stdin?.destroy();
      this.emit("exit", this.exitCode, this.signalCode);
      const open = [this.stdout, this.stderr].filter((stream) => stream && !stream.closed);
      let left = open.length;
      const close = () => { if (left-- <= 1) this.emit("close", this.exitCode, this.signalCode); };
      if (left === 0) process.nextTick(close);
      for (const stream of open) {
        stream.once("close", close);
        if (!stream.readableFlowing && stream.listenerCount("readable") === 0) stream.resume();
      }
    }

    kill(signal) {
      const number = signalOf(signal === 0 ? 0 : signal);
      if (this.#child === undefined || this.exitCode !== null || this.signalCode !== null) return false;
      const sent = this.#child.kill(number);
      if (sent) this.killed = number !== 0 || this.killed;
      return sent;
    }

    ref() { this.#child?.hold(true); }
    unref() { this.#child?.hold(false); }
    [Symbol.dispose ?? Symbol.for("dispose")]() { if (!this.killed) this.kill(); }
  }
  const hidden = (name) => Object.defineProperty(ChildProcess.prototype, name, { enumerable: false });
  for (const name of ["begin", "kill", "ref", "unref"]) hidden(name);

  function spawn(file, args, options) {
    const call = normalize(file, args, options);
    const { signal, timeout } = call.options;
    validateSignal(signal);
    if (timeout !== undefined && timeout !== null) validateInteger(timeout, "timeout", 0);
    const killSignal = call.options.killSignal === undefined ? undefined : signalOf(call.options.killSignal);
    const child = new ChildProcess();
    const settings = settingsOf(call);
    if (signal?.aborted) {
      process.nextTick(() => child.emit("error", abortError(signal)));
      return Object.assign(child, { spawnfile: settings.file, spawnargs: settings.args, stdin: null, stdout: null, stderr: null, stdio: [null, null, null] });
    }
    child.begin(settings);
    if (timeout > 0) {
      const timer = setTimeout(() => child.kill(killSignal), timeout);
      child.once("exit", () => clearTimeout(timer));
    }
    if (signal !== undefined) {
      const abort = () => {
        if (child.kill(killSignal)) child.emit("error", abortError(signal));
      };
      signal.addEventListener("abort", abort, { once: true });
      child.once("exit", () => signal.removeEventListener("abort", abort));
    }
    return child;
  }

  // A program of the same kind, with a line to it.
  function fork(program, ...rest) {
    const path = program instanceof URL ? fileURLToPath(program) : program;
    if (typeof path !== "string") throw invalidType("modulePath", "of type string or an instance of Buffer or URL", program);
    const isList = Array.isArray(rest[0]) || rest[0] === undefined || rest[0] === null;
    const [args, given] = isList ? [rest[0] ?? [], rest[1]] : [[], rest[0]];
    if (given !== undefined && given !== null && typeof given !== "object") throw invalidType("options", "of type object", given);
    const { execPath = process.execPath, execArgv = process.execArgv, silent = false, stdio, ...others } = { __proto__: null, ...given };
    const wanted = typeof stdio === "string" ? [...WORDS[stdio] ?? [stdio], "ipc"] : stdio ?? [...WORDS[silent ? "pipe" : "inherit"], "ipc"];
    if (!wanted.includes("ipc")) fail(Error, "ERR_CHILD_PROCESS_IPC_REQUIRED", "Forked processes must have an IPC channel, missing value 'ipc' in options.stdio");
    const before = execPath === process.execPath ? ["run"] : execArgv;
    return spawn(execPath, [...before, clean("modulePath", path), ...args], { ...others, stdio: wanted, shell: false });
  }

  // ---- With all of the output at the end

  function gather(stream, encoding, most, tooMuch) {
    const parts = [];
    let length = 0;
    if (stream === null) return () => (encoding === null ? Buffer.alloc(0) : "");
    if (encoding !== null) stream.setEncoding(encoding);
    stream.on("data", (chunk) => {
      const size = encoding === null ? chunk.length : Buffer.byteLength(chunk, encoding);
      if (length + size > most) {
        parts.push(chunk.slice(0, most - length));
        length = most;
        tooMuch();
      } else {
        parts.push(chunk);
        length += size;
      }
    });
    return () => (encoding === null ? Buffer.concat(parts) : parts.join(""));
  }

  const pickCallback = (args) => (typeof args.at(-1) === "function" ? args.pop() : undefined);

  function execFile(file, ...rest) {
    const done = pickCallback(rest);
    const last = rest.findLast((entry) => entry !== undefined && entry !== null);
    if (done === undefined && rest.length > 2 && rest[2] !== undefined && rest[2] !== null) validateFunction(rest[2], "callback");
    const call = normalize(file, Array.isArray(rest[0]) || rest[0] === undefined || rest[0] === null ? rest[0] : [], Array.isArray(rest[0]) || rest[0] === undefined || rest[0] === null ? rest[1] ?? undefined : last);
    const { encoding = "utf8", timeout = 0, maxBuffer = MOST, killSignal = "SIGTERM", signal, ...others } = call.options;
    validateInteger(timeout, "timeout", 0);
    validateNumber(maxBuffer, "options.maxBuffer", 0);
    const wanted = encoding !== null && encoding !== "buffer" && Buffer.isEncoding(encoding) ? encoding : null;
    const child = spawn(file, call.args, { ...others, signal, stdio: "pipe" });
    let [failure, killed, over] = [undefined, false, false];
    const shown = call.options.shell ? file : [file, ...call.args].join(" ");
    const kill = (reason) => {
      failure ??= reason;
      killed = child.kill(killSignal) || killed;
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const much = (name) => () => kill(make(RangeError, "ERR_CHILD_PROCESS_STDIO_MAXBUFFER", `${name} maxBuffer length exceeded`));
    const stdout = gather(child.stdout, wanted, maxBuffer, much("stdout"));
    const stderr = gather(child.stderr, wanted, maxBuffer, much("stderr"));
    const timer = timeout > 0 ? setTimeout(() => { killed = child.kill(killSignal) || killed; }, timeout) : undefined;
    const finish = (code, name) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (done === undefined) return;
      const [out, err] = [stdout(), stderr()];
      if (failure === undefined && code === 0 && name === null) return void done(null, out, err);
      const error = failure ?? Object.assign(new Error(`Command failed: ${shown}${wanted === null ? "" : `\n${err}`}`), { code: code < 0 ? use("node/util").getSystemErrorName(code) : code, killed: child.killed || killed, signal: name });
      done(Object.assign(error, { cmd: shown }), out, err);
    };
    child.on("close", finish);
    child.on("error", (error) => {
      failure = error;
      child.stdout?.destroy();
      child.stderr?.destroy();
      finish(null, null);
    });
    return child;
  }

  function exec(command, ...rest) {
    const done = pickCallback(rest);
    clean("command", command);
    const options = { __proto__: null, ...rest[0] };
    return execFile(command, [], { ...options, shell: options.shell || true }, done);
  }

  const custom = Symbol.for("nodejs.util.promisify.custom");
  const promised = (run) => (...args) => {
    let child;
    const promise = new Promise((resolve, reject) => {
      child = run(...args, (error, stdout, stderr) => (error === null ? resolve({ stdout, stderr }) : reject(Object.assign(error, { stdout, stderr }))));
    });
    return Object.assign(promise, { child });
  };
  Object.defineProperty(exec, custom, { value: promised(exec), configurable: true });
  Object.defineProperty(execFile, custom, { value: promised(execFile), configurable: true });

  // ---- Processes that the program waits for

  function spawnSync(file, args, options) {
    const call = normalize(file, args, options);
    const { encoding = "buffer", input: given, timeout, maxBuffer = MOST, killSignal } = call.options;
    if (timeout !== undefined && timeout !== null) validateInteger(timeout, "timeout", 0);
    validateNumber(maxBuffer, "options.maxBuffer", 0);
    const settings = settingsOf(call);
    if (given !== undefined && given !== null && settings.stdio[0] !== "pipe") settings.stdio[0] = "pipe";
    const bytes = given === undefined || given === null ? new Uint8Array(0) : typeof given === "string" ? Buffer.from(given, encoding === "buffer" ? "utf8" : encoding) : given;
    if (!ArrayBuffer.isView(bytes)) throw invalidType("options.stdio[0]", "of type string or an instance of Buffer, TypedArray, or DataView", given);
    Object.assign(settings, { input: bytes, timeout: timeout > 0 ? timeout : undefined, most: Math.min(maxBuffer, 2 ** 31 - 1), killSignal: signalOf(killSignal) });
    let result;
    try {
      result = native.spawnSync(settings);
    } catch (failure) {
      if (failure.errno === undefined) throw failure;
      const error = describe(failure, `spawnSync ${settings.file}`);
      error.message = `spawnSync ${settings.file} ${error.code}`;
      Object.assign(error, { path: settings.file, spawnargs: settings.args.slice(1) });
      return { error, status: null, signal: null, output: null, pid: 0 };
    }
    const given_ = (value, i) => (settings.stdio[i] !== "pipe" ? null : ((all) => (encoding && encoding !== "buffer" ? all.toString(encoding) : all))(value ? buffer(value) : Buffer.alloc(0)));
    const [stdout, stderr] = [given_(result.stdout, 1), given_(result.stderr, 2)];
    const error = result.cut === "time" ? ["ETIMEDOUT", -110] : result.cut === "bytes" ? ["ENOBUFS", -105] : undefined;
    const failure = error && Object.assign(new Error(`spawnSync ${settings.file} ${error[0]}`), { errno: error[1], code: error[0], syscall: `spawnSync ${settings.file}`, path: settings.file, spawnargs: settings.args.slice(1) });
    return {
      ...(failure ? { error: failure } : {}), status: result.status ?? null, signal: result.signal === undefined || result.signal === null ? null : nameOfSignal(result.signal),
      output: [null, stdout, stderr], pid: result.pid, stdout, stderr,
    };
  }

  function checked(result, shown, passesOn) {
    if (passesOn && result.stderr) process.stderr.write(result.stderr);
    if (result.error) throw Object.assign(result.error, { ...result, error: result.error });
    if (result.status !== 0) {
      const text = result.stderr && result.stderr.length > 0 ? `\n${result.stderr.toString()}` : "";
      throw Object.assign(new Error(`Command failed: ${shown}${text}`), result);
    }
    return result.stdout;
  }

  function execFileSync(file, args, options) {
    const call = normalize(file, args, options);
    const result = spawnSync(file, call.args, call.options);
    return checked(result, [file, ...call.args].join(" "), call.options.stdio === undefined);
  }

  function execSync(command, options) {
    clean("command", command);
    const own = { __proto__: null, ...options };
    const result = spawnSync(command, [], { ...own, shell: own.shell || true });
    return checked(result, command, own.stdio === undefined);
  }

  return { ChildProcess, exec, execFile, execFileSync, execSync, fork, spawn, spawnSync };
};
