// Servers of `node:http`.
(native, use) => {
  const net = use("node/net");
  const { IncomingMessage, OutgoingMessage, Parser, validateHeaderName, validateHeaderValue } = use("node/http_messages");
  const { fail, invalidType, make, outOfRange } = use("node/errors");
  const { STATUS_CODES } = use("node/http_words");

  // Most bytes of later requests that are kept while one is not answered.
  const MOST_AHEAD = 65536;

  function statusOf(given) {
    const code = given | 0;
    if (code < 100 || code > 999) fail(RangeError, "ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${given}`);
    return code;
  }

  class ServerResponse extends OutgoingMessage {
    constructor(request, options) {
      super(options);
      this.req = request;
      this.statusCode = 200;
      this.statusMessage = undefined;
      this.sendDate = true;
      this._hasBody = request.method !== "HEAD";
      if (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) {
        this.useChunkedEncodingByDefault = false;
        this.shouldKeepAlive = /keep-alive/i.test(request.headers.connection ?? "");
      } else this.shouldKeepAlive = !/close/i.test(request.headers.connection ?? "");
    }

    writeHead(status, reason, headers) {
      if (this.headersSent) fail(Error, "ERR_HTTP_HEADERS_SENT", "Cannot write headers after they are sent to the client");
      const code = statusOf(status);
      this.statusCode = code;
      if (typeof reason === "string") this.statusMessage = reason;
      else headers = reason ?? headers;
      if (Array.isArray(headers)) {
        const flat = Array.isArray(headers[0]) ? headers.flat() : headers;
        if (flat.length % 2 !== 0) fail(TypeError, "ERR_INVALID_ARG_VALUE", "The argument 'headers' is invalid. Received an odd number of entries");
        for (let i = 0; i < flat.length; i += 2) this.removeHeader(flat[i]);
        for (let i = 0; i < flat.length; i += 2) this.appendHeader(flat[i], flat[i + 1]);
      } else if (headers) for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
      this.announced = true;
      return this;
    }

    get headersSent() { return super.headersSent || this.announced === true; }

    // The code and what it is called, as nothing else may stand in a first line.
    #words() {
      const code = statusOf(this.statusCode);
      const reason = `${this.statusMessage ?? STATUS_CODES[code] ?? "unknown"}`;
      if (/[^\t\x20-\x7e\x80-\xff]/.test(reason)) fail(TypeError, "ERR_INVALID_CHAR", "Invalid character in statusMessage");
      return [code, reason];
    }

    // Who asks for what cannot be sent is told at once.
    write(...args) {
      if (!super.headersSent) this.#words();
      return super.write(...args);
    }

    end(...args) {
      if (!super.headersSent) this.#words();
      return super.end(...args);
    }

    _implicitHead(length) {
      if (super.headersSent) return;
      this.announced = false;
      const [code, reason] = this.#words();
      if (code === 204 || code === 304 || (code >= 100 && code < 200)) this._hasBody = false;
      this.statusMessage = reason;
      if (this.req._serverKeepAlive !== undefined) this._keepAliveTimeout = this.req._serverKeepAlive;
      this._sendHead(`HTTP/1.1 ${code} ${reason}`, this.req.method === "HEAD" ? undefined : length);
      this.announced = true;
    }

    writeContinue(done) { this._out(Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), done); }
    writeProcessing(done) { this._out(Buffer.from("HTTP/1.1 102 Processing\r\n\r\n"), done); }
    writeEarlyHints(hints, done) {
      const lines = Object.entries(hints).flatMap(([name, value]) => [value].flat().map((one) => { validateHeaderName(name); validateHeaderValue(name, one); return `${name === "link" ? "Link" : name}: ${one}\r\n`; }));
      this._out(Buffer.from(`HTTP/1.1 103 Early Hints\r\n${lines.join("")}\r\n`, "latin1"), done);
    }
    assignSocket(socket) { this._attach(socket); }
    detachSocket() { this.socket = null; }
    _destroy(error, done) {
      if (!this.writableFinished && this.socket && !this.socket.destroyed) this.socket.destroy(error);
      done(error);
    }
  }

  const REFUSALS = { HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large", ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout" };

  // What serves one connection: requests one after the other.
  class Connection {
    #server;
    #socket;
    #parser;
    #request;
    #response;
    #count = 0;
    #timer;

    constructor(server, socket) {
      this.#server = server;
      this.#socket = socket;
      const on = { head: (head) => this.#head(head), body: (bytes) => this.#body(bytes), end: (trailers) => this.#end(trailers) };
      this.#parser = new Parser(native.request, on, { isRequest: true, maxHeaderSize: server.maxHeaderSize });
      this.take = (chunk) => {
        this.#attempt(() => this.#parser.take(chunk));
        if (this.#isFull) socket.pause();
      };
      socket.on("data", this.take);
      socket.on("end", () => this.#over());
      socket.on("error", (error) => this.#failed(error, true));
      socket.on("timeout", () => {
        const told = [this.#request, this.#response].some((one) => one?.emit("timeout", socket));
        if (!server.emit("timeout", socket) && !told) socket.destroy();
      });
      socket.on("close", () => this.#gone());
      if (server.timeout > 0) socket.setTimeout(server.timeout);
      this.#wait(server.headersTimeout);
    }

    get isIdle() { return this.#request === undefined && this.#parser.isBetween; }
    get socket() { return this.#socket; }
    get #isFull() { return this.#parser.isWaiting && this.#parser.rest.length > MOST_AHEAD; }

    // What comes before its turn stays with the system.
    #takeMore() {
      if (!this.#isFull) this.#socket.resume();
    }

    #wait(milliseconds, gently = false) {
      clearTimeout(this.#timer);
      if (!(milliseconds > 0)) return;
      this.#timer = setTimeout(() => {
        if (gently) this.#socket.destroy();
        else this.#failed(make(Error, "ERR_HTTP_REQUEST_TIMEOUT", "Request timeout"));
      }, milliseconds).unref();
    }

    #attempt(run) {
      try {
        run();
      } catch (error) {
        if (!/^HPE_/.test(error?.code ?? "")) throw error;
        this.#failed(error);
      }
    }

    #failed(error, isSockets = false) {
      clearTimeout(this.#timer);
      if (this.#server.listenerCount("clientError") > 0) {
        this.#server.emit("clientError", error, this.#socket);
        return;
      }
      if (!isSockets && this.#socket.writable && !this.#response?.headersSent) {
        this.#socket.write(`HTTP/1.1 ${REFUSALS[error.code] ?? "400 Bad Request"}\r\nConnection: close\r\n\r\n`);
      }
      this.#socket.destroySoon();
    }

    #head({ method, target, minor, headers }) {
      const server = this.#server;
      const request = new server.IncomingMessage(this.#socket);
      Object.assign(request, { method, url: target, httpVersionMajor: 1, httpVersionMinor: minor, httpVersion: `1.${minor}`, rawHeaders: server.maxHeadersCount > 0 ? headers.slice(0, 2 * server.maxHeadersCount) : headers });
      if (minor === 1 && server.requireHostHeader && request.headers.host === undefined) {
        this.#socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        return "upgrade";
      }
      this.#wait(server.requestTimeout);
      const wantsUpgrade = /upgrade/i.test(request.headers.connection ?? "") && request.headers.upgrade !== undefined;
      const event = method === "CONNECT" ? "connect" : wantsUpgrade ? "upgrade" : undefined;
      if (event !== undefined && server.listenerCount(event) > 0) return this.#handOver(event, request);
      if (method === "CONNECT") {
        this.#socket.destroy();
        return "upgrade";
      }
      this.#answer(request);
      return undefined;
    }

    #handOver(event, request) {
      clearTimeout(this.#timer);
      request.upgrade = true;
      this.#socket.removeListener("data", this.take);
      process.nextTick(() => this.#server.emit(event, request, this.#socket, Buffer.from(this.#parser.rest)));
      return "upgrade";
    }

    #answer(request) {
      const server = this.#server;
      const response = new server.ServerResponse(request, { highWaterMark: server.highWaterMark });
      this.#request = request;
      this.#response = response;
      this.#count += 1;
      if (server.maxRequestsPerSocket > 0 && this.#count >= server.maxRequestsPerSocket) response.shouldKeepAlive = false;
      request._serverKeepAlive = server.keepAliveTimeout;
      request._more = () => this.#takeMore();
      response._attach(this.#socket);
      response.once("finish", () => this.#answered());
      const { expect } = request.headers;
      if (expect === undefined) server.emit("request", request, response);
      else if (/100-continue/i.test(expect)) {
        if (!server.emit("checkContinue", request, response)) {
          response.writeContinue();
          server.emit("request", request, response);
        }
      } else if (!server.emit("checkExpectation", request, response)) {
        response.writeHead(417);
        response.end();
      }
    }

    #body(bytes) {
      if (this.#request !== undefined && !this.#request.push(bytes)) this.#socket.pause();
    }

    #end(trailers) {
      const request = this.#request;
      clearTimeout(this.#timer);
      if (request === undefined) return;
      request.rawTrailers = trailers;
      request.complete = true;
      request.push(null);
      this.#goOn();
    }

    #answered() {
      const response = this.#response;
      response.answered = true;
      process.nextTick(() => {
        response.closed_ = true;
        response.emit("close");
      });
      if (!response.shouldKeepAlive) return void this.#socket.destroySoon();
      const request = this.#request;
      // A body that nobody reads is read away.
      if (!request.complete) request.resume();
      this.#goOn();
    }

    // The next request, once this one is read and answered.
    #goOn() {
      if (!this.#response?.answered || !this.#request.complete || this.#socket.destroyed) return;
      if (!this.#request.readableEnded) this.#request.resume();
      [this.#request, this.#response] = [undefined, undefined];
      const { keepAliveTimeout, closing } = this.#server;
      if (closing) return void this.#socket.destroySoon();
      this.#wait(keepAliveTimeout > 0 ? keepAliveTimeout + 1000 : 0, true);
      process.nextTick(() => {
        this.#attempt(() => this.#parser.next());
        this.#takeMore();
      });
    }

    // Who says no more gets no answer any more, as in Node.
    #over() { this.#socket.end(); }

    #gone() {
      clearTimeout(this.#timer);
      const [request, response] = [this.#request, this.#response];
      if (request !== undefined && !request.complete && !request.destroyed) request.destroy(make(Error, "ECONNRESET", "aborted"));
      if (response !== undefined && !response.answered) {
        response.destroyed = true;
        response.emit("close");
      }
      this.#server._connectionsOf.delete(this);
    }
  }

  // The options of a server, for one on sockets of any kind.
  function configure(server, options) {
    const { insecureHTTPParser, ...given } = options;
    if (given.maxHeaderSize !== undefined && (!Number.isInteger(given.maxHeaderSize) || given.maxHeaderSize < 0)) throw typeof given.maxHeaderSize === "number" ? outOfRange("maxHeaderSize", "an integer", given.maxHeaderSize) : invalidType("maxHeaderSize", "of type number", given.maxHeaderSize);
    Object.assign(server, {
      timeout: 0, keepAliveTimeout: given.keepAliveTimeout ?? 5000, headersTimeout: given.headersTimeout ?? 60000, requestTimeout: given.requestTimeout ?? 300000, maxHeadersCount: null,
      maxRequestsPerSocket: 0, maxHeaderSize: given.maxHeaderSize ?? 16384, requireHostHeader: given.requireHostHeader ?? true, highWaterMark: given.highWaterMark,
      IncomingMessage: given.IncomingMessage ?? IncomingMessage, ServerResponse: given.ServerResponse ?? ServerResponse, closing: false,
    });
    for (const name of ["IncomingMessage", "ServerResponse", "closing", "maxHeaderSize", "requireHostHeader", "highWaterMark"]) Object.defineProperty(server, name, { enumerable: false });
    Object.defineProperty(server, "_connectionsOf", { value: new Set() });
  }

  const serve = (server, socket) => { server._connectionsOf.add(new Connection(server, socket)); };

  // What servers on plain and on secured sockets have in common.
  const mixin = (Base) => class extends Base {
    constructor(options, onRequest, ...rest) {
      if (typeof options === "function") [options, onRequest] = [{}, options];
      else if (options !== undefined && options !== null && typeof options !== "object") throw invalidType("options", "of type object", options);
      super({ ...options, allowHalfOpen: true, noDelay: options?.noDelay ?? true }, ...rest);
      configure(this, options ?? {});
      if (onRequest) this.on("request", onRequest);
      this.on(this._arrival ?? "connection", (socket) => serve(this, socket));
    }

    close(done) {
      this.closing = true;
      super.close(done);
      this.closeIdleConnections();
      return this;
    }

    listen(...args) {
      this.closing = false;
      return super.listen(...args);
    }

    closeAllConnections() { for (const { socket } of this._connectionsOf) socket.destroy(); }
    closeIdleConnections() { for (const connection of this._connectionsOf) if (connection.isIdle) connection.socket.destroy(); }
    setTimeout(milliseconds, done) {
      if (typeof milliseconds === "function") [milliseconds, done] = [undefined, milliseconds];
      this.timeout = milliseconds ?? 0;
      if (done) this.on("timeout", done);
      return this;
    }
  };

  const Server = mixin(net.Server);
  Object.defineProperty(Server, "name", { value: "Server" });
  return { Server, ServerResponse, mixin };
};
