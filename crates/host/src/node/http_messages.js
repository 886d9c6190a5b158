// What both sides of HTTP share: reading messages off a socket, and writing them.
(native, use) => {
  const { Readable, Writable } = use("node/stream");
  const { fail, invalidType, make, validateString } = use("node/errors");
  const { METHODS } = use("node/http_words");

  const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
  const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
  const MOST_HEAD = 16384;
  const MOST_SIZE_LINE = 4096;

  function validateHeaderName(name, label = "Header name") {
    if (typeof name !== "string" || !TOKEN.test(name)) fail(TypeError, "ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${name}"]`);
  }

  function validateHeaderValue(name, value) {
    if (value === undefined) fail(TypeError, "ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "undefined" for header "${name}"`);
    for (const one of [value].flat()) if (BAD_VALUE.test(`${one}`)) fail(TypeError, "ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
  }

  // ---- Reading

  // Headers of which the first counts; others are joined.
  const FIRST = new Set(["age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host", "if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer", "retry-after", "server", "user-agent"]);

  function joined(raw) {
    const headers = {};
    for (let i = 0; i < raw.length; i += 2) {
      const [name, value] = [raw[i].toLowerCase(), raw[i + 1]];
      if (name === "set-cookie") (Object.hasOwn(headers, name) ? headers[name] : (headers[name] = [])).push(value);
      else if (!Object.hasOwn(headers, name)) Object.defineProperty(headers, name, { value, writable: true, enumerable: true, configurable: true });
      else if (!FIRST.has(name)) headers[name] += (name === "cookie" ? "; " : ", ") + value;
    }
    return headers;
  }

  function distinct(raw) {
    const headers = Object.create(null);
    for (let i = 0; i < raw.length; i += 2) (headers[raw[i].toLowerCase()] ??= []).push(raw[i + 1]);
    return headers;
  }

  class IncomingMessage extends Readable {
    #headers;
    #trailers;
    #more = () => {};

    constructor(socket) {
      super({ highWaterMark: socket?.readableHighWaterMark });
      Object.assign(this, { socket, httpVersionMajor: null, httpVersionMinor: null, httpVersion: null, complete: false, rawHeaders: [], rawTrailers: [], joinDuplicateHeaders: null, aborted: false, upgrade: null, url: "", method: null, statusCode: null, statusMessage: null, client: socket });
    }

    // For the parser: whom to ask for more.
    set _more(more) { this.#more = more; }
    get headers() { return (this.#headers ??= joined(this.rawHeaders)); }
    set headers(value) { this.#headers = value; }
    get headersDistinct() { return distinct(this.rawHeaders); }
    get trailers() { return (this.#trailers ??= joined(this.rawTrailers)); }
    set trailers(value) { this.#trailers = value; }
    get trailersDistinct() { return distinct(this.rawTrailers); }
    get connection() { return this.socket; }
    set connection(value) { this.socket = value; }

    _read() { this.#more(); }

    _destroy(error, done) {
      if (!this.readableEnded || !this.complete) {
        this.aborted = true;
        this.emit("aborted");
      }
      if (this.socket && !this.socket.destroyed && this.aborted) this.socket.destroy(error);
      const reason = error ?? (this.aborted && !this.complete ? make(Error, "ECONNRESET", "aborted") : null);
      // Only who listens is told.
      process.nextTick(() => done(this.listenerCount("error") > 0 ? reason : null));
    }

    setTimeout(milliseconds, done) {
      if (done) this.on("timeout", done);
      this.socket.setTimeout(milliseconds);
      return this;
    }
  }

  // Where others would see the end of a line, and we none.
  const BARE_FEED = /(?<!\r)\n/;
  // Blanks are these two: to other readers of the same bytes, all else is part of the value.
  const trim = (text) => text.replace(/^[ \t]+|[ \t]+$/g, "");

  const parseError = (code, reason) => make(Error, code, `Parse Error: ${reason}`, { reason });

  // Reads messages one after the other. `parse` reads a head; `on.head(head)` says how the body is, beyond what the
  // headers do: `none`, `upgrade`, or nothing. It stops behind a message until `next`.
  class Parser {
    #state = "head";
    #rest = Buffer.alloc(0);
    #left = 0;
    #searched = 0;

    constructor(parse, on, { isRequest, maxHeaderSize = MOST_HEAD }) {
      Object.assign(this, { parse, on, isRequest, most: maxHeaderSize });
    }

    get isBetween() { return this.#state === "head" && this.#rest.length === 0; }
    get isWaiting() { return this.#state === "waiting"; }
    get rest() { return this.#rest; }
    get hasHead() { return this.#state !== "head"; }

    take(chunk) {
      if (this.#state === "refused" || this.#state === "upgraded") return;
      if (this.#state === "broken") {
        this.#state = "refused";
        throw parseError("HPE_USER", "A listener has thrown");
      }
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      this.run();
    }

    next() {
      if (this.#state !== "waiting") return;
      this.#state = "head";
      this.#searched = 0;
      this.run();
    }

    run() {
      try {
        while (this.#step());
      } catch (error) {
        // What comes later must not be taken for a head. Where a listener has thrown, it is refused when it comes.
        this.#state = /^HPE_/.test(error?.code) ? "refused" : "broken";
        this.#rest = Buffer.alloc(0);
        throw error;
      }
    }

    #step() {
      switch (this.#state) {
        case "head": return this.#head();
        case "fixed": return this.#fixed();
        case "size": return this.#size();
        case "data": return this.#data();
        case "trailer": return this.#trailer();
        case "rest": return this.#all();
        default: return false;
      }
    }

    #cut(count) {
      const bytes = this.#rest.subarray(0, count);
      this.#rest = this.#rest.subarray(count);
      return bytes;
    }

    // Where a line or a head ends, without looking at what was looked at before.
    #find(end, most, code) {
      const at = this.#rest.indexOf(end, Math.max(0, this.#searched - end.length));
      this.#searched = at < 0 ? this.#rest.length : 0;
      if ((at < 0 ? this.#rest.length : at) > most) throw parseError(code, code === "HPE_HEADER_OVERFLOW" ? "Header overflow" : "Invalid chunk size");
      return at;
    }

    #head() {
      // Lines before a request count for nothing.
      while (this.isRequest && this.#rest.length >= 2 && this.#rest[0] === 13 && this.#rest[1] === 10) this.#cut(2);
      const at = this.#find("\r\n\r\n", this.most, "HPE_HEADER_OVERFLOW");
      if (at < 0) {
        if (this.#rest.length > 0) this.#glance();
        return false;
      }
      const bytes = this.#cut(at + 4);
      if (BARE_FEED.test(bytes.toString("latin1"))) throw parseError("HPE_CR_EXPECTED", "Missing expected CR before LF");
      const head = this.parse(bytes);
      if (head === undefined) throw parseError("HPE_INVALID_CONSTANT", "Expected HTTP/");
      if (this.isRequest && !METHODS.includes(head.method)) throw parseError("HPE_INVALID_METHOD", "Invalid method encountered");
      const lengths = this.#values(head, "content-length");
      const codings = this.#values(head, "transfer-encoding").flatMap((value) => value.toLowerCase().split(",").map(trim));
      const isChunked = codings.length > 0 && codings.indexOf("chunked") === codings.length - 1;
      if (lengths.length > 0 && codings.length > 0) throw parseError("HPE_INVALID_CONTENT_LENGTH", "Content-Length can't be present with Transfer-Encoding");
      if (lengths.length > 1) throw parseError("HPE_UNEXPECTED_CONTENT_LENGTH", "Content-Length already present");
      if (lengths.length > 0 && !/^\d{1,15}$/.test(lengths[0])) throw parseError("HPE_INVALID_CONTENT_LENGTH", "Invalid character in Content-Length");
      if (this.isRequest && codings.length > 0 && !isChunked) throw parseError("HPE_INVALID_TRANSFER_ENCODING", "Request has invalid `Transfer-Encoding`");
      const body = this.on.head(head);
      if (body === "upgrade") this.#state = "upgraded";
      else if (body === "none") this.#end([]);
      else if (body === "again") this.#state = "head";
      else if (isChunked) this.#state = "size";
      else if (lengths.length > 0) {
        this.#left = Number(lengths[0]);
        if (this.#left === 0) this.#end([]);
        else this.#state = "fixed";
      } else if (this.isRequest) this.#end([]);
      else this.#state = "rest";
      return true;
    }

    // What cannot become a head is refused at once.
    #glance() {
      const start = this.#rest.toString("latin1", 0, 5);
      if (this.isRequest ? !/^[A-Za-z-]/.test(start) : !"HTTP/".startsWith(start)) throw parseError(this.isRequest ? "HPE_INVALID_METHOD" : "HPE_INVALID_CONSTANT", this.isRequest ? "Invalid method encountered" : "Expected HTTP/");
    }

    #values({ headers }, name) {
      const values = [];
      for (let i = 0; i < headers.length; i += 2) if (headers[i].toLowerCase() === name) values.push(trim(headers[i + 1]));
      return values;
    }

    #fixed() {
      if (this.#rest.length === 0) return false;
      const bytes = this.#cut(Math.min(this.#left, this.#rest.length));
      this.#left -= bytes.length;
      this.on.body(bytes);
      if (this.#left === 0) this.#end([]);
      return true;
    }

    #size() {
      const at = this.#find("\r\n", MOST_SIZE_LINE, "HPE_INVALID_CHUNK_SIZE");
      if (at < 0) return false;
      const [, digits] = /^([0-9a-fA-F]{1,12})(?:;[^\r\n]*)?$/.exec(this.#cut(at + 2).toString("latin1", 0, at)) ?? [];
      if (digits === undefined) throw parseError("HPE_INVALID_CHUNK_SIZE", "Invalid character in chunk size");
      this.#left = parseInt(digits, 16);
      this.#state = this.#left === 0 ? "trailer" : "data";
      return true;
    }

    #data() {
      if (this.#rest.length === 0) return false;
      if (this.#left > 0) {
        const bytes = this.#cut(Math.min(this.#left, this.#rest.length));
        this.#left -= bytes.length;
        this.on.body(bytes);
        return true;
      }
      if (this.#rest.length < 2) return false;
      if (this.#rest[0] !== 13 || this.#rest[1] !== 10) throw parseError("HPE_STRICT", "Expected LF after chunk data");
      this.#cut(2);
      this.#state = "size";
      return true;
    }

    #trailer() {
      if (this.#rest.length >= 2 && this.#rest[0] === 13 && this.#rest[1] === 10) {
        this.#cut(2);
        this.#end([]);
        return true;
      }
      const at = this.#find("\r\n\r\n", this.most, "HPE_HEADER_OVERFLOW");
      if (at < 0) return false;
      const text = this.#cut(at + 4).toString("latin1", 0, at);
      if (BARE_FEED.test(text)) throw parseError("HPE_CR_EXPECTED", "Missing expected CR before LF");
      this.#end(text.split("\r\n").flatMap((line) => {
        const colon = line.indexOf(":");
        const [name, value] = [line.slice(0, colon), trim(line.slice(colon + 1))];
        if (colon <= 0 || !TOKEN.test(name) || BAD_VALUE.test(value)) throw parseError("HPE_INVALID_HEADER_TOKEN", "Invalid header token");
        return [name, value];
      }));
      return true;
    }

    #all() {
      if (this.#rest.length === 0) return false;
      this.on.body(this.#cut(this.#rest.length));
      return true;
    }

    #end(trailers) {
      this.#state = "waiting";
      this.on.end(trailers);
    }

    // The other side says no more; true if a message ends with it.
    finish() {
      if (this.#state !== "rest") return false;
      this.#end([]);
      return true;
    }
  }

  // ---- Writing

  const states = new WeakMap();

  // Names and values that were set, by lower case.
  class OutgoingMessage extends Writable {
    constructor(options) {
      super({ decodeStrings: false, highWaterMark: options?.highWaterMark, autoDestroy: false });
      states.set(this, { headers: new Map(), removed: new Set(), trailers: [], chunked: false, wrote: false });
      Object.assign(this, { sendDate: false, shouldKeepAlive: true, useChunkedEncodingByDefault: true, chunkedEncoding: false, headersSent_: false, strictContentLength: false, socket: null, _hasBody: true, outputSize: 0 });
      Object.defineProperty(this, "headersSent_", { enumerable: false });
    }

    get headersSent() { return this.headersSent_; }
    get _header() { return this.headersSent_ ? states.get(this).text : null; }
    get connection() { return this.socket; }
    get finished() { return this.writableEnded; }

    #unsent(verb) {
      if (this.headersSent_) fail(Error, "ERR_HTTP_HEADERS_SENT", `Cannot ${verb} headers after they are sent to the client`);
    }

    setHeader(name, value) {
      this.#unsent("set");
      validateHeaderName(name);
      validateHeaderValue(name, value);
      states.get(this).headers.set(name.toLowerCase(), [name, value]);
      return this;
    }

    setHeaders(headers) {
      this.#unsent("set");
      if (!headers || Array.isArray(headers) || typeof headers.keys !== "function" || typeof headers.get !== "function") throw invalidType("headers", "an instance of Headers or Map", headers);
      for (const [name, value] of headers) this.setHeader(name, value);
      return this;
    }

    appendHeader(name, value) {
      this.#unsent("append");
      validateHeaderName(name);
      validateHeaderValue(name, value);
      const { headers } = states.get(this);
      const [known, before] = headers.get(name.toLowerCase()) ?? [name, []];
      headers.set(name.toLowerCase(), [known, [before, value].flat()]);
      return this;
    }

    getHeader(name) {
      validateString(name, "name");
      return states.get(this).headers.get(name.toLowerCase())?.[1];
    }

    getHeaderNames() { return [...states.get(this).headers.keys()]; }
    getRawHeaderNames() { return [...states.get(this).headers.values()].map(([name]) => name); }
    getHeaders() { return Object.assign(Object.create(null), Object.fromEntries([...states.get(this).headers].map(([key, [, value]]) => [key, value]))); }
    hasHeader(name) {
      validateString(name, "name");
      return states.get(this).headers.has(name.toLowerCase());
    }

    removeHeader(name) {
      validateString(name, "name");
      this.#unsent("remove");
      states.get(this).headers.delete(name.toLowerCase());
      states.get(this).removed.add(name.toLowerCase());
    }

    addTrailers(trailers) {
      for (const [name, value] of Array.isArray(trailers) ? trailers : Object.entries(trailers)) {
        validateHeaderName(name, "Trailer name");
        validateHeaderValue(name, value);
        states.get(this).trailers.push(`${name}: ${value}\r\n`);
      }
    }

    // The head, with what the program did not say. `length` is that of the whole body, where it is known.
    _sendHead(first, length) {
      if (this.headersSent_) return;
      const state = states.get(this);
      const { headers, removed } = state;
      const add = (name, value) => headers.set(name.toLowerCase(), [name, value]);
      const has = (name) => headers.has(name);
      if (this.sendDate && !has("date")) add("Date", new Date().toUTCString());
      if (!has("connection") && !removed.has("connection")) {
        add("Connection", this.shouldKeepAlive ? "keep-alive" : "close");
        const seconds = Math.floor((this._keepAliveTimeout ?? 0) / 1000);
        if (this.shouldKeepAlive && seconds > 0 && !has("keep-alive")) add("Keep-Alive", `timeout=${seconds}`);
      } else if (/close/i.test(`${headers.get("connection")?.[1]}`)) this.shouldKeepAlive = false;
      if (has("transfer-encoding")) state.chunked = /chunked/i.test(`${headers.get("transfer-encoding")[1]}`);
      else if (this._hasBody && !has("content-length")) {
        if (length !== undefined && this.useChunkedEncodingByDefault && !removed.has("content-length")) add("Content-Length", length);
        else if (length === undefined && this.useChunkedEncodingByDefault && !removed.has("transfer-encoding")) {
          add("Transfer-Encoding", "chunked");
          state.chunked = true;
        } else if (!this._isRequest) {
          this.shouldKeepAlive = false;
          headers.get("connection")[1] = "close";
          headers.delete("keep-alive");
        }
      }
      this.chunkedEncoding = state.chunked;
      const lines = [];
      for (const [key, [name, value]] of headers) for (const one of key === "cookie" && Array.isArray(value) ? [value.join("; ")] : [value].flat()) lines.push(`${name}: ${one}\r\n`);
      this.headersSent_ = true;
      state.text = `${first}\r\n${lines.join("")}\r\n`;
      // It goes with the first bytes of the body.
      state.head = Buffer.from(state.text, "latin1");
    }

    // Bytes for the socket, which may not be there yet.
    _out(given, done) {
      const state = states.get(this);
      const bytes = state.head === undefined ? given : Buffer.concat([state.head, given]);
      state.head = undefined;
      // An answer that its socket does not take any more is over; nobody is to blame.
      const told = this._isRequest ? done : (error) => { if (error) this.destroy(); else done?.(); };
      if (this.socket) return this.socket.write(bytes, told);
      (state.early ??= []).push([bytes, done]);
      return true;
    }

    _attach(socket) {
      this.socket = socket;
      const state = states.get(this);
      for (const [bytes, done] of state.early ?? []) socket.write(bytes, done);
      state.early = undefined;
      this.emit("socket", socket);
    }

    _write(chunk, encoding, done) {
      const state = states.get(this);
      state.wrote = true;
      this._implicitHead(state.whole);
      if (!this._hasBody || chunk.length === 0) return void done();
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
      if (!state.chunked) return void this._out(bytes, done);
      this._out(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]), done);
    }

    _final(done) {
      const state = states.get(this);
      this._implicitHead(state.wrote ? state.whole : 0);
      if (state.chunked && this._hasBody) this._out(Buffer.from(`0\r\n${state.trailers.join("")}\r\n`, "latin1"), () => done());
      else this._out(Buffer.alloc(0), () => done());
    }

    end(chunk, encoding, done) {
      if (typeof chunk === "function") [chunk, done] = [undefined, chunk];
      else if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
      const state = states.get(this);
      if (!this.headersSent_ && !state.wrote && this.writableLength === 0 && !this.writableEnded) {
        state.whole = chunk === undefined || chunk === null ? 0 : typeof chunk === "string" ? Buffer.byteLength(chunk, encoding) : chunk.byteLength ?? undefined;
        if (state.trailers.length > 0) state.whole = undefined;
      }
      return super.end(chunk ?? undefined, encoding, done);
    }

    flushHeaders() {
      this._implicitHead();
      this._out(Buffer.alloc(0));
    }
    setTimeout(milliseconds, done) {
      if (done) this.on("timeout", done);
      if (this.socket) this.socket.setTimeout(milliseconds);
      else this.once("socket", (socket) => socket.setTimeout(milliseconds));
      return this;
    }
    pipe() { this.emit("error", make(Error, "ERR_STREAM_CANNOT_PIPE", "Cannot pipe, not readable")); }
  }

  return { IncomingMessage, OutgoingMessage, Parser, parseError, validateHeaderName, validateHeaderValue, MOST_HEAD };
};
