// Clients of `node:http`: requests, and agents that keep connections.
(native, use) => {
  const EventEmitter = use("node/events");
  const net = use("node/net");
  const { IncomingMessage, OutgoingMessage, Parser, validateHeaderName } = use("node/http_messages");
  const { abortError, fail, invalidType, make, outOfRange } = use("node/errors");
  const { urlToHttpOptions } = use("node/url");
  const { METHODS } = use("node/http_words");

  class Agent extends EventEmitter {
    constructor(options = {}) {
      super();
      this.defaultPort = 80;
      this.protocol = "http:";
      this.options = { __proto__: null, noDelay: true, path: null, ...options };
      this.requests = { __proto__: null };
      this.sockets = { __proto__: null };
      this.freeSockets = { __proto__: null };
      this.keepAlive = options.keepAlive ?? false;
      this.keepAliveMsecs = options.keepAliveMsecs ?? 1000;
      this.maxSockets = options.maxSockets ?? Infinity;
      this.maxFreeSockets = options.maxFreeSockets ?? 256;
      this.maxTotalSockets = options.maxTotalSockets ?? Infinity;
      this.scheduling = options.scheduling ?? "lifo";
      this.totalSocketCount = 0;
      for (const name of ["maxSockets", "maxTotalSockets"]) {
        if (typeof this[name] !== "number") throw invalidType(name, "of type number", this[name]);
        if (!(this[name] >= 1)) throw outOfRange(name, ">= 1", this[name]);
      }
    }

    getName({ host = "localhost", port = "", localAddress = "", family, socketPath } = {}) {
      return `${host}:${port}:${localAddress}${family === 4 || family === 6 ? `:${family}` : ""}${socketPath ? `:${socketPath}` : ""}`;
    }

    createConnection(options, done) { return net.createConnection(options, done); }

    addRequest(request, options) {
      const wanted = { ...options, ...this.options, ...(options.socketPath ? { path: options.socketPath } : { path: undefined }) };
      for (const key of Object.keys(options)) if (options[key] !== undefined && key !== "path") wanted[key] = options[key];
      const name = this.getName(wanted);
      const free = this.freeSockets[name] ?? [];
      while (free.length > 0) {
        const socket = this.scheduling === "fifo" ? free.shift() : free.pop();
        if (free.length === 0) delete this.freeSockets[name];
        if (socket.destroyed || !socket.writable) continue;
        socket.ref();
        (this.sockets[name] ??= []).push(socket);
        request.reusedSocket = true;
        return void request.onSocket(socket);
      }
      if ((this.sockets[name]?.length ?? 0) < this.maxSockets && this.totalSocketCount < this.maxTotalSockets) this.#connect(request, wanted, name);
      else (this.requests[name] ??= []).push([request, wanted]);
    }

    #connect(request, options, name) {
      let socket;
      try {
        socket = this.createConnection({ ...options, servername: options.servername ?? (net.isIP(options.host ?? "") === 0 ? options.host : undefined) });
      } catch (error) {
        return void process.nextTick(() => request.destroy(error));
      }
      this.totalSocketCount += 1;
      (this.sockets[name] ??= []).push(socket);
      socket.on("free", () => this.#free(socket, options, name));
      socket.on("close", () => this.#drop(socket, name));
      socket.on("timeout", () => {
        if (this.freeSockets[name]?.includes(socket)) socket.destroy();
      });
      request.onSocket(socket);
    }

    #take(lists, name, socket) {
      const list = lists[name];
      const at = list?.indexOf(socket) ?? -1;
      if (at < 0) return false;
      list.splice(at, 1);
      if (list.length === 0) delete lists[name];
      return true;
    }

    #free(socket, options, name) {
      const waiting = this.requests[name];
      if (waiting !== undefined && socket.writable) {
        const [request] = waiting.shift();
        if (waiting.length === 0) delete this.requests[name];
        request.reusedSocket = true;
        return void request.onSocket(socket);
      }
      this.#take(this.sockets, name, socket);
      const free = (this.freeSockets[name] ??= []);
      if (!this.keepAlive || free.length >= this.maxFreeSockets || !socket.writable) {
        if (free.length === 0) delete this.freeSockets[name];
        return void socket.destroySoon();
      }
      free.push(socket);
      socket.unref();
      // Who forgets it is told.
      socket.resume();
      this.emit("free", socket, options);
    }

    #drop(socket, name) {
      this.totalSocketCount -= 1;
      this.#take(this.sockets, name, socket);
      this.#take(this.freeSockets, name, socket);
      const waiting = this.requests[name];
      if (waiting === undefined) return;
      const [request, options] = waiting.shift();
      if (waiting.length === 0) delete this.requests[name];
      this.#connect(request, options, name);
    }

    destroy() {
      for (const list of [...Object.values(this.freeSockets), ...Object.values(this.sockets)]) for (const socket of [...list]) socket.destroy();
    }
  }

  const globalAgent = new Agent({ keepAlive: true, scheduling: "lifo", timeout: 5000 });

  const hangUp = () => make(Error, "ECONNRESET", "socket hang up");

  class ClientRequest extends OutgoingMessage {
    #parser;
    #timeout;
    #onGone;
    #onError;
    #onData;
    #ended = false;

    constructor(input, options, done) {
      super();
      if (typeof input === "string") input = urlToHttpOptions(new URL(input));
      else if (input instanceof URL) input = urlToHttpOptions(input);
      else [input, options, done] = [{}, input ?? {}, options];
      if (typeof options === "function") [options, done] = [{}, options];
      const all = { ...input, ...options };
      const agent = all.agent === false ? new Agent() : all.agent ?? (typeof all.createConnection === "function" ? undefined : all._defaultAgent ?? globalAgent);
      if (agent !== undefined && typeof agent?.addRequest !== "function") throw use("node/errors").invalidType("options.agent", "one of Agent-like Object, undefined, or false", all.agent);
      const protocol = all.protocol ?? agent?.protocol ?? "http:";
      const wanted = agent?.protocol ?? all._defaultAgent?.protocol ?? "http:";
      if (protocol !== wanted) fail(TypeError, "ERR_INVALID_PROTOCOL", `Protocol "${protocol}" not supported. Expected "${wanted}"`);
      if (all.path !== undefined && /[^\u0021-\u00ff]/.test(String(all.path))) fail(TypeError, "ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
      for (const name of ["hostname", "host"]) if (all[name] !== undefined && all[name] !== null && typeof all[name] !== "string") throw invalidType(`options.${name}`, "of type string or one of undefined or null", all[name]);
      this.#describe(all, agent, protocol);
      if (done) this.once("response", done);
      this._isRequest = true;
      if (all.signal) this.#abortBy(all.signal);
      if (all.timeout !== undefined) this.setTimeout(all.timeout);
      const { host, port } = this;
      const socketOptions = { ...all, host, port, path: undefined };
      if (typeof all.createConnection === "function") {
        const socket = all.createConnection(socketOptions, (error, late) => (error ? this.destroy(error) : this.onSocket(late)));
        if (socket) this.onSocket(socket);
      } else process.nextTick(() => { if (!this.destroyed) agent.addRequest(this, socketOptions); });
    }

    #describe(all, agent, protocol) {
      const method = all.method === undefined || all.method === null ? "GET" : all.method;
      if (typeof method !== "string") throw invalidType("options.method", "of type string", method);
      if (!/^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/.test(method)) fail(TypeError, "ERR_INVALID_HTTP_TOKEN", `Method must be a valid HTTP token ["${method}"]`);
      this.method = method.toUpperCase();
      this.path = all.path || "/";
      this.protocol = protocol;
      this.agent = agent;
      const normal = agent?.defaultPort ?? all.defaultPort ?? 80;
      const strip = (host) => host.replace(/^\[(.*)\]$/, "$1");
      this.host = strip(all.hostname || all.host || "localhost");
      this.port = all.port || all.defaultPort || normal;
      this.res = null;
      this.aborted = false;
      this.timeoutCb = null;
      this.reusedSocket = false;
      this.maxHeadersCount = null;
      this.useChunkedEncodingByDefault = !["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"].includes(this.method);
      this.shouldKeepAlive = agent === undefined ? false : Boolean(agent.keepAlive) || agent.maxSockets !== Infinity;
      if (agent === undefined) this.shouldKeepAlive = true;
      this.maxHeaderSize = all.maxHeaderSize;
      const headers = all.headers;
      if (Array.isArray(headers)) for (let i = 0; i < headers.length; i += Array.isArray(headers[0]) ? 1 : 2) this.appendHeader(...(Array.isArray(headers[i]) ? headers[i] : [headers[i], headers[i + 1]]));
      else if (headers) for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
      if (!this.hasHeader("host") && all.setHost !== false) {
        const shown = net.isIPv6(this.host) ? `[${this.host}]` : this.host;
        this.setHeader("Host", Number(this.port) === normal ? shown : `${shown}:${this.port}`);
      }
      if (all.auth && !this.hasHeader("authorization")) this.setHeader("Authorization", `Basic ${Buffer.from(all.auth).toString("base64")}`);
      if (/100-continue/i.test(this.getHeader("expect") ?? "")) process.nextTick(() => this.flushHeaders());
    }

    #abortBy(signal) {
      const abort = () => this.destroy(abortError(signal));
      if (signal.aborted) process.nextTick(abort);
      else signal.addEventListener("abort", abort, { once: true });
    }

    _implicitHead(length) {
      if (this.headersSent) return;
      this._sendHead(`${this.method} ${this.path} HTTP/1.1`, length);
    }

    onSocket(socket) {
      process.nextTick(() => {
        if (this.destroyed) return void (socket.destroyed || socket.destroy());
        const on = { head: (head) => this.#head(head), body: (bytes) => this.#body(bytes), end: (trailers) => this.#end(trailers) };
        this.#parser = new Parser(native.response, on, { isRequest: false, maxHeaderSize: this.maxHeaderSize ?? 16384 });
        this.#onData = (chunk) => this.#take(chunk);
        this.#onGone = () => this.#gone();
        this.#onError = (error) => this.#failed(error);
        socket.on("data", this.#onData);
        socket.on("end", this.#onGone);
        socket.on("close", this.#onGone);
        socket.on("error", this.#onError);
        if (this.#timeout !== undefined) this.#watch(socket);
        this._attach(socket);
        socket.resume();
      });
    }

    #take(chunk) {
      try {
        this.#parser.take(chunk);
      } catch (error) {
        if (!/^HPE_/.test(error?.code ?? "")) throw error;
        this.#failed(Object.assign(error, { bytesParsed: 0 }));
        this.socket?.destroy();
      }
    }

    #head({ status, reason, minor, headers }) {
      const code = Number(status);
      if (code === 100) {
        this.emit("continue");
      }
      if (code < 200 && code !== 101) {
        const about = Object.assign(new IncomingMessage(this.socket), { rawHeaders: headers });
        this.emit("information", { statusCode: code, statusMessage: reason, httpVersion: `1.${minor}`, httpVersionMajor: 1, httpVersionMinor: minor, headers: about.headers, rawHeaders: headers });
        return "again";
      }
      const response = new IncomingMessage(this.socket);
      Object.assign(response, { statusCode: code, statusMessage: reason, httpVersionMajor: 1, httpVersionMinor: minor, httpVersion: `1.${minor}`, rawHeaders: headers, req: this });
      this.res = response;
      const keeps = /close/i.test(response.headers.connection ?? "") || (minor === 0 && !/keep-alive/i.test(response.headers.connection ?? ""));
      if (keeps) this.shouldKeepAlive = false;
      if (code === 101 || (this.method === "CONNECT" && code < 300)) return this.#handOver(code === 101 ? "upgrade" : "connect", response);
      response._more = () => this.socket?.resume();
      if (!this.emit("response", response)) response.resume();
      return this.method === "HEAD" || code === 204 || code === 304 ? "none" : undefined;
    }

    #handOver(event, response) {
      const { socket } = this;
      this.#detach();
      this.#ended = true;
      process.nextTick(() => {
        if (!this.emit(event, response, socket, Buffer.from(this.#parser.rest))) socket.destroy();
        this.emit("close");
      });
      return "upgrade";
    }

    #body(bytes) {
      if (this.res !== null && !this.res.push(bytes)) this.socket.pause();
    }

    #end(trailers) {
      const { res, socket } = this;
      if (res === null) return;
      this.#ended = true;
      res.rawTrailers = trailers;
      res.complete = true;
      res.push(null);
      const release = () => {
        if (this.released) return;
        this.released = true;
        this.#detach();
        if (this.shouldKeepAlive && this.agent && this.#parser.rest.length === 0 && !socket.destroyed) socket.emit("free");
        else socket.destroySoon();
        this.emitClose();
      };
      if (this.writableFinished) process.nextTick(release);
      else this.once("finish", release);
    }

    emitClose() {
      if (this.closeTold) return;
      this.closeTold = true;
      process.nextTick(() => this.emit("close"));
    }

    #detach() {
      const { socket } = this;
      if (!socket) return;
      socket.removeListener("data", this.#onData);
      socket.removeListener("end", this.#onGone);
      socket.removeListener("close", this.#onGone);
      socket.removeListener("error", this.#onError);
      if (this.#timeout !== undefined) socket.setTimeout(0);
    }

    #failed(error) {
      if (this.#ended) return;
      if (this.res !== null) return void this.res.destroy(error);
      this.destroy(error);
    }

    #gone() {
      if (this.#ended) return;
      if (this.#parser.finish()) return;
      if (this.res !== null && !this.res.complete) {
        this.#ended = true;
        this.res.destroy(make(Error, "ECONNRESET", "aborted"));
        return void this.emitClose();
      }
      this.destroy(hangUp());
    }

    _destroy(error, done) {
      const { socket } = this;
      this.#ended = this.#ended || this.res === null;
      if (this.res !== null && !this.res.complete) this.res.destroy(error);
      if (socket && !this.released) {
        this.#detach();
        socket.on("error", () => {});
        socket.destroy();
      }
      const failure = error ?? (this.res === null ? hangUp() : null);
      this.closeTold = true;
      done(failure);
    }

    abort() {
      if (this.aborted) return;
      this.aborted = true;
      process.nextTick(() => this.emit("abort"));
      this.destroy();
    }

    #watch(socket) {
      socket.setTimeout(this.#timeout, () => this.emit("timeout"));
    }

    setTimeout(milliseconds, done) {
      if (done) this.once("timeout", done);
      this.#timeout = milliseconds;
      if (this.socket) this.#watch(this.socket);
      return this;
    }

    setNoDelay() {}
    setSocketKeepAlive() {}
    clearTimeout(done) { this.setTimeout(0, done); }
  }

  return { Agent, ClientRequest, globalAgent, METHODS, validateHeaderName };
};
