// `node:net`: sockets and servers.
(native_, use) => {
  const EventEmitter = use("node/events");
  const { Duplex } = use("node/stream");
  const { describe, wordsOf } = use("node/file_classes");
  const { abortError, absents, fail, invalidType, make, outOfRange, validateFunction, validateNumber } = use("node/errors");
  const native = use("node/net_natives");

  const PART = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  const FOUR = new RegExp(`^${PART}(?:\\.${PART}){3}$`);
  const isIPv4 = (text) => FOUR.test(`${text}`);
  function isIPv6(given) {
    let text = `${given}`.replace(/%[0-9a-zA-Z-.:]+$/, "");
    const last = text.slice(text.lastIndexOf(":") + 1);
    if (last.includes(".")) {
      if (!isIPv4(last)) return false;
      text = `${text.slice(0, -last.length)}0:0`;
    }
    const halves = text.split("::");
    const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
    if (halves.length > 2 || !groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
    return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
  }
  const isIP = (text) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);

  // An error of the system's as Node tells it of a connection.
  function failed(error, syscall, place = {}) {
    const { address, port, path } = place;
    const described = describe(error, syscall);
    if (described === error) return error;
    const where = path ?? (address === undefined ? undefined : `${address}:${port}`);
    described.message = syscall === "connect" || syscall === "listen" ? `${syscall} ${described.code}${where === undefined ? "" : ` ${where}`}` : `${syscall} ${described.code}`;
    if (syscall === "listen") described.message = `listen ${described.code}: ${wordsOf(error.errno)}${where === undefined ? "" : ` ${where}`}`;
    return Object.assign(described, path === undefined ? (address === undefined ? {} : { address, port }) : { address: path });
  }

  function portOf(port, name = "options.port") {
    const number = typeof port === "string" && port.trim() !== "" ? Number(port) : port;
    if ((typeof port !== "number" && typeof port !== "string") || !Number.isInteger(number) || number < 0 || number > 65535) {
      throw make(RangeError, "ERR_SOCKET_BAD_PORT", `${name} should be >= 0 and < 65536. ${use("node/errors").received(port)}.`);
    }
    return number;
  }

  // `(options)`, `(port, host)` or `(path)`, and a callback.
  function normalize(args) {
    const list = [...args];
    const done = typeof list.at(-1) === "function" ? list.pop() : undefined;
    if (list.length === 0) return [{}, done];
    const [first, second] = list;
    if (typeof first === "object" && first !== null) return [first, done];
    if (typeof first === "string" && !/^\d+$/.test(first)) return [{ path: first }, done];
    return [{ port: first, ...(typeof second === "string" ? { host: second } : {}) }, done];
  }

  const bufferOf = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  class Socket extends Duplex {
    #wire;
    #pending;
    #about = {};
    #written;
    #timer;
    #held = true;
    #wants = false;

    constructor(options = {}) {
      if (typeof options === "number") options = { fd: options };
      const { allowHalfOpen = false, signal, highWaterMark, wire, about } = options;
      super({ allowHalfOpen, emitClose: true, autoDestroy: true, decodeStrings: true, highWaterMark });
      if (options.fd !== undefined) absents("net", ["Socket of a descriptor"])["Socket of a descriptor"]();
      this.connecting = false;
      this.timeout = 0;
      this.bytesRead = 0;
      this._bytesDispatched = 0;
      this._hadError = false;
      this.server = null;
      this._host = null;
      if (wire !== undefined) this.#begin(wire, about);
      this.on("end", () => { if (!this.allowHalfOpen && !this.writableEnded) this.end(); });
      if (signal) {
        const abort = () => this.destroy(abortError(signal));
        if (signal.aborted) process.nextTick(abort);
        else signal.addEventListener("abort", abort, { once: true });
      }
    }

    #begin(wire, about) {
      this.#wire = wire;
      this.#about = about;
      wire.begin((what, value) => this.#told(what, value));
      if (!this.#held) wire.hold(false);
      if (this.#wants) wire.read();
    }

    #told(what, value) {
      if (what === "data") {
        this.#touch();
        this.bytesRead += value.length;
        this.push(bufferOf(value));
      } else if (what === "end") {
        this.push(null);
        // Who does not read learns of the end, too.
        if (this.readableLength === 0 && !this.readableFlowing) this.read(0);
      } else if (what === "written") {
        this.#touch();
        const done = this.#written;
        this.#written = undefined;
        done?.(value === undefined ? null : failed(value, "write"));
      } else this.destroy(failed(value, "read"));
    }

    _read() {
      this.#wants = true;
      if (this.#wire !== undefined) this.#wire.read();
    }

    _write(chunk, encoding, done) {
      if (this.connecting) return void this.once("connect", () => this._write(chunk, encoding, done));
      if (this.#wire === undefined) return void done(make(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
      this.#touch();
      this._bytesDispatched += chunk.length;
      this.#written = done;
      this.#wire.write(chunk);
    }

    _writev(chunks, done) { this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "buffer", done); }

    _final(done) {
      if (this.connecting) return void this.once("connect", () => this._final(done));
      if (this.#wire === undefined) return void done();
      this.#written = (error) => done(error?.code === "ENOTCONN" ? null : error);
      this.#wire.end();
    }

    _destroy(error, done) {
      this.connecting = false;
      clearTimeout(this.#timer);
      this.#pending?.close();
      this.#wire?.close();
      this._hadError = Boolean(error);
      const { server } = this;
      done(error);
      if (server) server._gone(this);
    }

    connect(...args) {
      const [options, done] = normalize(Array.isArray(args[0]) ? args[0] : args);
      if (done) this.once("connect", done);
      const { path, port, host = "localhost", family, lookup, localAddress, noDelay = false, timeout, autoSelectFamily = true } = options;
      this.connecting = true;
      if (timeout) this.setTimeout(timeout);
      if (options.allowHalfOpen !== undefined) this.allowHalfOpen = options.allowHalfOpen;
      if (path !== undefined && path !== null) {
        this.#call([{ path }], { tls: options.secure });
        return this;
      }
      if (port === undefined) throw make(TypeError, "ERR_MISSING_ARGS", 'The "options" or "port" or "path" argument must be specified');
      const number = portOf(port, "Port");
      this._host = host;
      if (isIP(host) !== 0) {
        process.nextTick(() => {
          if (this.destroyed) return;
          this.#call([{ host, port: number }], { localAddress, noDelay, tls: options.secure });
        });
        return this;
      }
      const find = lookup ?? use("node/dns").lookup;
      find(host, { family: family ?? 0, hints: options.hints ?? 0, all: true }, (error, found, kind) => {
        const list = Array.isArray(found) ? found : [{ address: found, family: kind }];
        this.emit("lookup", error ?? null, list[0]?.address, list[0]?.family, host);
        if (this.destroyed) return;
        if (error) return void this.destroy(error);
        const places = (autoSelectFamily ? list : list.slice(0, 1)).map(({ address }) => ({ host: address, port: number }));
        this.#call(places, { localAddress, noDelay, tls: options.secure });
      });
      return this;
    }

    // Tries one place after the other.
    #call(places, more, failures = []) {
      const [place, ...others] = places;
      this.emit("connectionAttempt", place.host, place.port, isIP(place.host ?? ""));
      this.#pending = native.connect((what, value, about) => {
        this.#pending.close();
        this.#pending = undefined;
        if (what === "connected") return void this.#connected(value, about);
        const error = failed(value, "connect", { address: place.host, port: place.port, path: place.path });
        this.emit("connectionAttemptFailed", place.host, place.port, isIP(place.host ?? ""), error);
        if (others.length > 0) return void this.#call(others, more, [...failures, error]);
        if (failures.length === 0) return void this.destroy(error);
        const all = new AggregateError([...failures, error]);
        this.destroy(Object.assign(all, { code: error.code }));
      }, { ...place, noDelay: false, ...more });
      if (!this.#held) this.#pending.hold(false);
    }

    #connected(wire, about) {
      this.connecting = false;
      this.#begin(wire, about);
      this.#touch();
      this.emit("connect");
      if (about.secured) this._secured(about.secured);
      this.emit("ready");
      if (!this.isPaused() && this.readableFlowing === null) this.read(0);
    }

    #touch() {
      if (this.timeout > 0 && !this.destroyed) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => { this.#timer = undefined; this.emit("timeout"); }, this.timeout).unref();
      }
    }

    // The end of a socket says whether something failed.
    emit(event, ...args) { return event === "close" && args.length === 0 ? super.emit("close", this._hadError) : super.emit(event, ...args); }

    setTimeout(milliseconds, done) {
      if (typeof milliseconds !== "number") throw invalidType("msecs", "of type number", milliseconds);
      if (!(milliseconds >= 0 && milliseconds <= Infinity)) throw outOfRange("msecs", "a non-negative finite number", milliseconds);
      if (done !== undefined) validateFunction(done, "callback");
      this.timeout = milliseconds;
      clearTimeout(this.#timer);
      if (milliseconds === 0) {
        if (done) this.removeListener("timeout", done);
      } else {
        this.#touch();
        if (done) this.once("timeout", done);
      }
      return this;
    }

    // What comes is sent at once anyway, and the system finds out who is gone.
    setNoDelay() { return this; }
    setKeepAlive() { return this; }
    setTypeOfService() { return this; }
    ref() { return this.#hold(true); }
    unref() { return this.#hold(false); }
    #hold(held) {
      this.#held = held;
      this.#wire?.hold(held);
      this.#pending?.hold(held);
      return this;
    }
    destroySoon() {
      if (this.writable) this.end();
      if (this.writableFinished) this.destroy();
      else this.once("finish", () => this.destroy());
    }
    resetAndDestroy() { return this.destroy(); }
    address() {
      const [address, port] = this.#about.local ?? [];
      return address === undefined ? {} : { address, family: `IPv${isIP(address)}`, port: Number(port) };
    }
    get pending() { return this.#wire === undefined || this.connecting; }
    get readyState() {
      if (this.connecting) return "opening";
      if (this.readable && this.writable) return "open";
      if (this.readable && !this.writable) return "readOnly";
      return !this.readable && this.writable ? "writeOnly" : "closed";
    }
    get bytesWritten() { return this._bytesDispatched + this.writableLength; }
    get bufferSize() { return this.writableLength; }
    get remoteAddress() { return this.#about.remote?.[0]; }
    get remotePort() { return this.#about.remote && Number(this.#about.remote[1]); }
    get remoteFamily() { return this.#about.remote && `IPv${isIP(this.#about.remote[0])}`; }
    get localAddress() { return this.#about.local?.[0]; }
    get localPort() { return this.#about.local && Number(this.#about.local[1]); }
    get localFamily() { return this.#about.local && `IPv${isIP(this.#about.local[0])}`; }
  }

  class Server extends EventEmitter {
    #listener;
    #path;
    #held = true;
    #open = new Set();
    #closing = false;
    #options;

    constructor(options, onConnection) {
      super();
      if (typeof options === "function") [options, onConnection] = [{}, options];
      else if (options !== undefined && options !== null && typeof options !== "object") throw invalidType("options", "of type object", options);
      this.#options = options ?? {};
      this.allowHalfOpen = Boolean(this.#options.allowHalfOpen);
      this.pauseOnConnect = Boolean(this.#options.pauseOnConnect);
      if (onConnection) this.on("connection", onConnection);
    }

    get listening() { return this.#listener !== undefined; }
    get _connections() { return this.#open.size; }

    listen(...args) {
      const [options, done] = normalize(args);
      if (this.#listener !== undefined) fail(Error, "ERR_SERVER_ALREADY_LISTEN", "Listen method has been called more than once without closing.");
      if (done) this.once("listening", done);
      const { path, host, backlog = typeof args[1] === "number" ? args[1] : typeof args[2] === "number" ? args[2] : 511, signal } = options;
      const port = path === undefined ? portOf(options.port ?? 0) : undefined;
      if (signal) {
        const abort = () => this.close();
        if (signal.aborted) process.nextTick(abort);
        else signal.addEventListener("abort", abort, { once: true });
      }
      const open = (address) => {
        const more = { backlog: backlog ?? 511, noDelay: Boolean(this.#options.noDelay), tls: this._tls };
        try {
          this.#listener = native.listen((what, value, about) => this.#told(what, value, about), path === undefined ? { host: address, port, ...more } : { path, ...more });
        } catch (error) {
          if (error.errno === undefined) throw error;
          const shown = failed(error, "listen", path === undefined ? { address, port } : { path });
          return void process.nextTick(() => this.emit("error", shown));
        }
        this.#path = path;
        this.#closing = false;
        if (!this.#held) this.#listener.hold(false);
        process.nextTick(() => { if (this.#listener !== undefined) this.emit("listening"); });
      };
      if (path !== undefined) open();
      else if (host === undefined || host === null) open("::");
      else if (isIP(host) !== 0) open(host);
      else use("node/dns").lookup(host, (error, address) => (error ? this.emit("error", error) : open(address)));
      return this;
    }

    #told(what, wire, about) {
      if (what === "error") return void this.emit("tlsClientError", describe(wire, "handshake"));
      const socket = this._socket({ wire, about, allowHalfOpen: this.allowHalfOpen, highWaterMark: this.#options.highWaterMark });
      if (this.maxConnections !== undefined && this.#open.size >= this.maxConnections) {
        socket.destroy();
        return void this.emit("drop", { localAddress: socket.localAddress, localPort: socket.localPort, remoteAddress: socket.remoteAddress, remotePort: socket.remotePort });
      }
      this.#open.add(socket);
      socket.server = this;
      socket._server = this;
      if (this.pauseOnConnect) socket.pause();
      this._announce(socket);
      if (!this.pauseOnConnect && socket.readableFlowing === null) socket.read(0);
    }

    // What `tls` does otherwise.
    _socket(options) { return new Socket(options); }
    _announce(socket) { this.emit("connection", socket); }

    _gone(socket) {
      this.#open.delete(socket);
      this.#closeIfDone();
    }

    #closeIfDone() {
      if (this.#closing && this.#listener === undefined && this.#open.size === 0) {
        this.#closing = false;
        process.nextTick(() => this.emit("close"));
      }
    }

    close(done) {
      if (this.#listener === undefined) {
        if (done) this.once("close", () => done(make(Error, "ERR_SERVER_NOT_RUNNING", "Server is not running.")));
        if (!this.#closing) process.nextTick(() => this.emit("close"));
        return this;
      }
      if (done) this.once("close", () => done());
      this.#listener.close();
      this.#listener = undefined;
      if (this.#path !== undefined) {
        try {
          use("node/fs").unlinkSync(this.#path);
        } catch {
          // Somebody else has taken it away.
        }
      }
      this.#closing = true;
      this.#closeIfDone();
      return this;
    }

    [Symbol.asyncDispose ?? Symbol.for("asyncDispose")]() { return new Promise((resolve, reject) => this.close((error) => (error ? reject(error) : resolve()))); }

    address() {
      if (this.#listener === undefined) return null;
      if (this.#path !== undefined) return this.#path;
      const [address, port] = this.#listener.address;
      return { address, family: `IPv${isIP(address)}`, port: Number(port) };
    }

    getConnections(done) {
      process.nextTick(done, null, this.#open.size);
      return this;
    }

    ref() { return this.#hold(true); }
    unref() { return this.#hold(false); }
    #hold(held) {
      this.#held = held;
      this.#listener?.hold(held);
      return this;
    }
  }

  // Both can be called without `new`.
  const withoutNew = (Class) => new Proxy(Class, { apply: (target, self, args) => new target(...args) });
  const callableSocket = use("node/stream_common").callable(Socket);
  const createServer = (options, onConnection) => new Server(options, onConnection);
  const connect = (...args) => {
    const [options, done] = normalize(args);
    const socket = new Socket(options);
    return socket.connect(options, ...(done ? [done] : []));
  };

  return {
    ...absents("net", ["BlockList", "SocketAddress"]),
    Socket: callableSocket, Stream: callableSocket, Server: withoutNew(Server), createServer, connect, createConnection: connect, isIP, isIPv4, isIPv6,
    getDefaultAutoSelectFamily: () => true, setDefaultAutoSelectFamily: () => {}, getDefaultAutoSelectFamilyAttemptTimeout: () => 250, setDefaultAutoSelectFamilyAttemptTimeout: () => {},
    _normalizeArgs: normalize,
  };
};
