// `node:readline`: lines of a stream. What is typed is edited by the terminal, not here.
(native, use) => {
  const EventEmitter = use("node/events");
  const { StringDecoder } = use("node/string_decoder");
  const { abortError, invalidType, invalidValue, make, validateFunction } = use("node/errors");

  const isStream = (value) => typeof value?.on === "function";
  const closed = () => make(Error, "ERR_USE_AFTER_CLOSE", "readline was closed");

  // Ends of lines: `\r\n` counts once, also where it comes in two pieces.
  const ENDS = /\r\n|\n|\r|\u2028|\u2029/g;

  function Interface(input, output, completer, terminal) {
    if (!(this instanceof Interface)) return new Interface(input, output, completer, terminal);
    EventEmitter.call(this);
    let options = { input, output, completer, terminal };
    if (input?.input !== undefined || !isStream(input)) options = input ?? {};
    if (!isStream(options.input)) throw invalidType("input", "an instance of Stream", options.input);
    const { signal, crlfDelay = 100, historySize = 30 } = options;
    if (typeof historySize !== "number" || Number.isNaN(historySize) || historySize < 0) throw make(RangeError, "ERR_OUT_OF_RANGE", `The value of "historySize" is out of range. It must be >= 0. Received ${historySize}`);
    if (signal !== undefined && typeof signal?.aborted !== "boolean") throw invalidType("options.signal", "an instance of AbortSignal", signal);
    if (options.completer !== undefined && typeof options.completer !== "function") throw invalidValue("completer", options.completer);
    this.input = options.input;
    this.output = options.output;
    this.terminal = Boolean(options.terminal ?? false);
    this.line = "";
    this.cursor = 0;
    this.history = options.history ?? [];
    this.historySize = historySize;
    this.crlfDelay = Math.max(100, crlfDelay);
    this.closed = false;
    this.paused = false;
    start(this, options.prompt ?? "> ", signal);
    return this;
  }
  Object.setPrototypeOf(Interface.prototype, EventEmitter.prototype);
  Object.setPrototypeOf(Interface, EventEmitter);

  const states = new WeakMap();

  function start(self, prompt, signal) {
    const state = { prompt, decoder: new StringDecoder("utf8"), rest: "", afterReturn: false, returnedAt: 0, question: undefined, onData: undefined, onEnd: undefined };
    states.set(self, state);
    state.onData = (chunk) => take(self, state, typeof chunk === "string" ? chunk : state.decoder.write(chunk));
    state.onEnd = () => {
      take(self, state, state.decoder.end());
      const last = state.rest;
      state.rest = self.line = "";
      if (last.length > 0) tell(self, state, last);
      self.close();
    };
    self.input.on("data", state.onData);
    self.input.on("end", state.onEnd);
    state.onError = (error) => self.emit("error", error);
    self.input.on("error", state.onError);
    if (signal !== undefined) {
      const abort = () => self.close();
      if (signal.aborted) process.nextTick(abort);
      else signal.addEventListener("abort", abort, { once: true });
    }
    self.input.resume();
  }

  function take(self, state, piece) {
    let text = piece;
    if (text.length === 0) return;
    if (state.afterReturn && text[0] === "\n" && Date.now() - state.returnedAt <= self.crlfDelay) text = text.slice(1);
    state.afterReturn = text.endsWith("\r");
    if (state.afterReturn) state.returnedAt = Date.now();
    let from = 0;
    ENDS.lastIndex = 0;
    const lines = [];
    for (let end = ENDS.exec(text); end !== null; end = ENDS.exec(text)) {
      lines.push(state.rest + text.slice(from, end.index));
      state.rest = "";
      from = end.index + end[0].length;
    }
    state.rest += text.slice(from);
    self.line = state.rest;
    for (const line of lines) tell(self, state, line);
  }

  function tell(self, state, line) {
    const { question } = state;
    if (question === undefined) return void self.emit("line", line);
    state.question = undefined;
    question(line);
  }

  Object.assign(Interface.prototype, {
    getPrompt() { return states.get(this).prompt; },
    setPrompt(prompt) { states.get(this).prompt = prompt; },
    prompt() {
      if (this.closed) throw closed();
      if (this.paused) this.resume();
      this.output?.write(states.get(this).prompt);
    },
    question(query, options, done) {
      const callback = typeof options === "function" ? options : done;
      validateFunction(callback, "cb");
      if (this.closed) throw closed();
      const state = states.get(this);
      const signal = typeof options === "function" ? undefined : options?.signal;
      if (signal?.aborted) return;
      if (state.question !== undefined) return void this.prompt();
      state.question = callback;
      signal?.addEventListener("abort", () => { if (state.question === callback) state.question = undefined; }, { once: true });
      if (this.paused) this.resume();
      this.output?.write(query);
    },
    close() {
      if (this.closed) return;
      const state = states.get(this);
      this.pause();
      this.closed = true;
      this.input.removeListener("data", state.onData);
      this.input.removeListener("end", state.onEnd);
      this.input.removeListener("error", state.onError);
      this.emit("close");
    },
    pause() {
      if (this.closed) throw closed();
      if (this.paused) return this;
      this.input.pause();
      this.paused = true;
      this.emit("pause");
      return this;
    },
    resume() {
      if (this.closed) throw closed();
      if (!this.paused) return this;
      this.input.resume();
      this.paused = false;
      this.emit("resume");
      return this;
    },
    write(data) {
      if (this.closed) throw closed();
      if (this.paused) this.resume();
      if (data !== null && data !== undefined) take(this, states.get(this), typeof data === "string" ? data : Buffer.from(data).toString());
    },
    getCursorPos() { return { rows: 0, cols: this.cursor }; },
    [Symbol.dispose ?? Symbol.for("dispose")]() { this.close(); },
  });
  // Lines one by one: reading stops while many wait.
  Interface.prototype[Symbol.asyncIterator] = function () {
    const [lines, takers] = [[], []];
    let [over, failure] = [this.closed, undefined];
    const take = () => {
      while (takers.length > 0 && (lines.length > 0 || over)) {
        const { resolve, reject } = takers.shift();
        if (lines.length > 0) resolve({ value: lines.shift(), done: false });
        else if (failure !== undefined) reject(failure);
        else resolve({ value: undefined, done: true });
      }
      if (!over && !this.closed) {
        if (lines.length > 1024) this.pause();
        else if (this.paused && lines.length === 0) this.resume();
      }
    };
    const onLine = (line) => { lines.push(line); take(); };
    const end = () => { over = true; this.removeListener("line", onLine); take(); };
    this.on("line", onLine);
    this.once("close", end);
    this.once("error", (error) => { failure = error; end(); });
    return {
      next: () => new Promise((resolve, reject) => { takers.push({ resolve, reject }); take(); }),
      return: () => { this.close(); return Promise.resolve({ value: undefined, done: true }); },
      throw: (error) => { this.close(); return Promise.reject(error); },
      [Symbol.asyncIterator]() { return this; },
    };
  };
  for (const key of Reflect.ownKeys(Interface.prototype)) Object.defineProperty(Interface.prototype, key, { enumerable: false });

  // With a promise, for `util.promisify` and `readline/promises`.
  function ask(self, query, { signal } = {}) {
    return new Promise((resolve, reject) => {
      if (self.closed) return void reject(closed());
      if (signal?.aborted) return void reject(abortError(signal));
      const abort = () => reject(abortError(signal));
      signal?.addEventListener("abort", abort, { once: true });
      Interface.prototype.question.call(self, query, { signal }, (answer) => {
        signal?.removeEventListener("abort", abort);
        resolve(answer);
      });
    });
  }
  Object.defineProperty(Interface.prototype.question, Symbol.for("nodejs.util.promisify.custom"), { value(query, options) { return ask(this, query, options); }, configurable: true });

  const createInterface = (...args) => new Interface(...args);

  // ---- Of terminals

  const code = (stream, text, done) => {
    if (done !== undefined) validateFunction(done, "callback");
    if (stream === null || stream === undefined) {
      if (done) process.nextTick(done, null);
      return true;
    }
    return stream.write(text, done);
  };

  function cursorTo(stream, x, y, done) {
    if (typeof y === "function") [y, done] = [undefined, y];
    if (Number.isNaN(x) || Number.isNaN(y)) throw make(TypeError, "ERR_INVALID_ARG_VALUE", `The argument '${Number.isNaN(x) ? "x" : "y"}' is invalid. Received NaN`);
    if (typeof x !== "number" && typeof y === "number") throw make(TypeError, "ERR_INVALID_CURSOR_POS", "Cannot set cursor row without setting its column");
    if (typeof x !== "number") return code(null, "", done);
    return code(stream, typeof y === "number" ? `\x1b[${y + 1};${x + 1}H` : `\x1b[${x + 1}G`, done);
  }

  function moveCursor(stream, dx, dy, done) {
    const step = (count, plus, minus) => (count > 0 ? `\x1b[${count}${plus}` : count < 0 ? `\x1b[${-count}${minus}` : "");
    const text = step(dx, "C", "D") + step(dy, "B", "A");
    return text === "" ? code(null, "", done) : code(stream, text, done);
  }

  const clearLine = (stream, direction, done) => code(stream, direction < 0 ? "\x1b[1K" : direction > 0 ? "\x1b[0K" : "\x1b[2K", done);
  const clearScreenDown = (stream, done) => code(stream, "\x1b[0J", done);

  const { absents } = use("node/errors");
  const exports = { ...absents("readline", ["emitKeypressEvents"]), Interface, createInterface, clearLine, clearScreenDown, cursorTo, moveCursor };
  Object.defineProperty(exports, "promises", { get: () => use("node/readline_promises"), enumerable: true, configurable: true });
  // For `readline/promises`.
  Object.defineProperty(exports, "ask", { value: ask });
  return exports;
};
