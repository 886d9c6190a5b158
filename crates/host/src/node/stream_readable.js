// `Readable` of `node:stream`.
(native, use) => {
  const { fail, make, invalidType, validateFunction, abortError } = use("node/errors");
  const { Stream, adopt, bytesOf, construct, destroy, failStream, isBytes, late, markOf, marks, methods, withSignal } = use("node/stream_common");
  const duplex = late("node/stream_duplex");
  const ends = late("node/stream_ends");
  const { nextTick } = process;

  function readableState(stream, options, isDuplex) {
    const objectMode = Boolean(options?.objectMode || (isDuplex && options?.readableObjectMode));
    return {
      objectMode, highWaterMark: markOf(options, isDuplex, "readable", objectMode), buffer: [], length: 0, flowing: null, ended: false,
      endEmitted: false, reading: false, sync: true, needReadable: false, emittedReadable: false, readableListening: false, destroyed: false, errored: null, errorEmitted: false,
      closed: false, closeEmitted: false, emitClose: options?.emitClose !== false, autoDestroy: options?.autoDestroy !== false, encoding: options?.encoding ?? null,
      decoder: null, pipes: [], awaiting: new Set(), didRead: false, paused: false, constructing: false,
    };
  }

  function Readable(options) {
    if (!(this instanceof Readable)) return new Readable(options);
    const adopted = adopt();
    if (adopted !== undefined) return Readable.call(adopted, options);
    this._readableState = readableState(this, options, this instanceof duplex().Duplex);
    if (typeof options?.read === "function") this._read = options.read;
    if (typeof options?.destroy === "function") this._destroy = options.destroy;
    Stream.call(this, options);
    if (options?.encoding) this.setEncoding(options.encoding);
    if (!(this instanceof duplex().Duplex)) {
      construct(this, options);
      withSignal(this, options?.signal);
    }
    return this;
  }
  Object.setPrototypeOf(Readable.prototype, Stream.prototype);
  Object.setPrototypeOf(Readable, Stream);

  function takeIn(stream, chunk, encoding, first) {
    const state = stream._readableState;
    if (chunk === null) {
      state.reading = false;
      atEnd(stream);
      return false;
    }
    let piece = chunk;
    if (!state.objectMode) {
      if (!isBytes(chunk)) {
        failStream(stream, invalidType("chunk", "of type string or an instance of Buffer, TypedArray, or DataView", chunk));
        return false;
      }
      if (typeof chunk === "string") {
        piece = state.decoder && (encoding ?? "utf8") === state.encoding ? chunk : Buffer.from(chunk, encoding);
      } else piece = bytesOf(chunk);
      if (state.decoder && typeof piece !== "string") piece = state.decoder.write(piece);
    }
    if (state.ended && !first) {
      failStream(stream, make(Error, "ERR_STREAM_PUSH_AFTER_EOF", "stream.push() after EOF"));
      return false;
    }
    if (first && state.endEmitted) {
      failStream(stream, make(Error, "ERR_STREAM_UNSHIFT_AFTER_END_EVENT", "stream.unshift() after end event"));
      return false;
    }
    if (state.destroyed || state.errored) return false;
    state.reading = first ? state.reading : false;
    if (!state.objectMode && piece.length === 0) {
      if (!first) more(stream);
      return room(state);
    }
    try {
      if (!first && state.flowing && state.length === 0 && !state.sync && stream.listenerCount("data") > 0) {
        state.awaiting.clear();
        stream.emit("data", piece);
      } else {
        state.length += state.objectMode ? 1 : piece.length;
        if (first) state.buffer.unshift(piece);
        else state.buffer.push(piece);
        if (state.needReadable) readable(stream);
      }
    } finally {
      // A listener that throws does not keep the rest from coming.
      more(stream);
    }
    return room(state);
  }

  const room = (state) => !state.ended && (state.length < state.highWaterMark || state.length === 0);

  function atEnd(stream) {
    const state = stream._readableState;
    if (state.ended) return;
    if (state.decoder) {
      const rest = state.decoder.end();
      if (rest.length > 0) {
        state.buffer.push(rest);
        state.length += rest.length;
      }
    }
    state.ended = true;
    if (state.sync) readable(stream);
    else {
      state.needReadable = false;
      state.emittedReadable = true;
      tellReadable(stream);
    }
  }

  function readable(stream) {
    const state = stream._readableState;
    state.needReadable = false;
    if (state.emittedReadable) return;
    state.emittedReadable = true;
    nextTick(tellReadable, stream);
  }

  function tellReadable(stream) {
    const state = stream._readableState;
    if (!state.destroyed && !state.errored && (state.length > 0 || state.ended)) {
      stream.emit("readable");
      state.emittedReadable = false;
    }
    state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
    flow(stream);
  }

  // Reads ahead until there is enough.
  function more(stream) {
    const state = stream._readableState;
    if (state.readingMore || state.constructing) return;
    state.readingMore = true;
    nextTick(() => {
      while (!state.reading && !state.ended && !state.destroyed && (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
        const before = state.length;
        stream.read(0);
        if (before === state.length) break;
      }
      state.readingMore = false;
    });
  }

  function fill(stream) {
    const state = stream._readableState;
    if (state.reading || state.ended || state.destroyed || state.errored || state.constructing) return;
    state.reading = true;
    state.sync = true;
    if (state.length === 0) state.needReadable = true;
    try {
      const result = stream._read(state.highWaterMark);
      if (typeof result?.then === "function") result.then(undefined, (error) => failStream(stream, error));
    } catch (error) {
      failStream(stream, error);
    }
    state.sync = false;
  }

  function takeOut(state, count) {
    if (state.length === 0) return null;
    if (state.objectMode) {
      state.length -= 1;
      return state.buffer.shift();
    }
    if (count === undefined) {
      const first = state.buffer.shift();
      state.length -= first.length;
      return first;
    }
    if (count >= state.length) {
      const all = state.buffer.length === 1 ? state.buffer[0] : state.decoder ? state.buffer.join("") : Buffer.concat(state.buffer);
      state.buffer = [];
      state.length = 0;
      return all;
    }
    const parts = [];
    let left = count;
    while (left > 0) {
      const head = state.buffer[0];
      if (head.length <= left) {
        parts.push(state.buffer.shift());
        left -= head.length;
      } else {
        parts.push(head.slice(0, left));
        state.buffer[0] = head.slice(left);
        left = 0;
      }
    }
    state.length -= count;
    return parts.length === 1 ? parts[0] : state.decoder ? parts.join("") : Buffer.concat(parts);
  }

  function endSoon(stream) {
    const state = stream._readableState;
    if (state.endEmitted || state.endQueued) return;
    state.endQueued = true;
    nextTick(() => {
      state.endQueued = false;
      if (state.endEmitted || state.errored || state.destroyed && !state.ended || state.length > 0) return;
      state.endEmitted = true;
      stream.emit("end");
      const work = stream._writableState;
      if (work && stream.allowHalfOpen === false && !work.ending) nextTick(() => stream.end());
      else if (state.autoDestroy && (!work || (work.autoDestroy && (work.finished || work.writable === false)))) stream.destroy();
    });
  }

  function flow(stream) {
    const state = stream._readableState;
    while (state.flowing && !state.destroyed && stream.read() !== null);
  }

  methods(Readable, {
    push(chunk, encoding) { return takeIn(this, chunk, encoding, false); },
    unshift(chunk, encoding) { return takeIn(this, chunk, encoding, true); },
    _read() { fail(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _read() method is not implemented"); },
    read(size) {
      const state = this._readableState;
      let count = size === undefined ? undefined : Number.isNaN(Number(size)) ? undefined : Math.trunc(Number(size));
      if (count > state.highWaterMark && !state.objectMode) state.highWaterMark = 2 ** Math.ceil(Math.log2(count));
      if (count !== 0) state.emittedReadable = false;
      if (count === 0 && state.needReadable && (state.length >= state.highWaterMark && state.highWaterMark > 0 || state.ended)) {
        if (state.length === 0 && state.ended) endSoon(this);
        else readable(this);
        return null;
      }
      const available = count === undefined ? (state.length > 0 && !state.objectMode ? state.buffer[0].length : state.length) : state.objectMode ? Math.min(count, 1) : count <= state.length ? count : state.ended ? state.length : 0;
      if (available === 0 && state.ended) {
        if (state.length === 0) endSoon(this);
        return null;
      }
      const wants = state.needReadable || state.length === 0 || state.length - available < state.highWaterMark;
      if (wants) fill(this);
      let out = null;
      if (count === undefined ? state.length > 0 : count > 0 && (state.objectMode ? state.length > 0 : count <= state.length || (state.ended && state.length > 0))) out = takeOut(state, count);
      if (out === null) state.needReadable = state.length <= state.highWaterMark;
      if (state.length === 0) {
        if (!state.ended) state.needReadable = true;
        if (out !== null && state.ended) endSoon(this);
      }
      if (out !== null && !state.errored) {
        state.didRead = true;
        this.emit("data", out);
      }
      return out;
    },
    pause() {
      const state = this._readableState;
      if (state.flowing !== false) {
        state.flowing = false;
        this.emit("pause");
      }
      state.paused = true;
      return this;
    },
    resume() {
      const state = this._readableState;
      if (!state.flowing) {
        state.flowing = !state.readableListening;
        if (!state.resumeQueued) {
          state.resumeQueued = true;
          nextTick(() => {
            state.resumeQueued = false;
            if (!state.reading) this.read(0);
            this.emit("resume");
            flow(this);
            if (state.flowing && !state.reading) this.read(0);
          });
        }
      }
      state.paused = false;
      return this;
    },
    isPaused() { return this._readableState.paused || this._readableState.flowing === false; },
    on(event, listener) {
      const result = Stream.prototype.on.call(this, event, listener);
      const state = this._readableState;
      if (event === "data") {
        state.readableListening = this.listenerCount("readable") > 0;
        if (state.flowing !== false) this.resume();
      } else if (event === "readable" && !state.endEmitted && !state.readableListening) {
        state.readableListening = state.needReadable = true;
        state.flowing = false;
        state.emittedReadable = false;
        if (state.length > 0) readable(this);
        else if (!state.reading) nextTick(() => this.read(0));
      }
      return result;
    },
    removeListener(event, listener) {
      const result = Stream.prototype.removeListener.call(this, event, listener);
      if (event === "readable") nextTick(stillListening, this);
      else if (event === "data" && this.listenerCount("data") === 0 && this._readableState.pipes.length === 0 && this._readableState.flowing) this._readableState.flowing = this._readableState.flowing;
      return result;
    },
    setEncoding(encoding) {
      const { StringDecoder } = use("node/string_decoder");
      const state = this._readableState;
      state.decoder = new StringDecoder(encoding);
      state.encoding = state.decoder.encoding;
      const text = state.buffer.map((chunk) => state.decoder.write(chunk)).join("");
      state.buffer = text === "" ? [] : [text];
      state.length = text.length;
      return this;
    },
    pipe(target, options) {
      const source = this;
      const state = source._readableState;
      state.pipes.push(target);
      const ends = options?.end !== false && target !== process.stdout && target !== process.stderr;
      const onData = (chunk) => {
        if (target.write(chunk) === false) {
          state.awaiting.add(target);
          source.pause();
        }
      };
      const onDrain = () => {
        state.awaiting.delete(target);
        if (state.awaiting.size === 0 && source.listenerCount("data") > 0) {
          state.flowing = true;
          flow(source);
          if (state.flowing) source.read(0);
        }
      };
      const onEnd = () => (ends ? target.end() : unpipe());
      const onError = (error) => {
        unpipe();
        target.removeListener("error", onError);
        if (target.listenerCount("error") === 0) failStream(target, error);
      };
      const unpipe = () => source.unpipe(target);
      const cleanup = (from) => {
        if (from !== undefined && from !== source) return;
        source.removeListener("data", onData);
        source.removeListener("end", onEnd);
        target.removeListener("drain", onDrain);
        target.removeListener("error", onError);
        target.removeListener("unpipe", cleanup);
        target.removeListener("close", unpipe);
        target.removeListener("finish", unpipe);
        if (state.awaiting.has(target)) onDrain();
      };
      source.on("data", onData);
      if (state.endEmitted) nextTick(onEnd);
      else source.once("end", onEnd);
      target.on("drain", onDrain);
      target.prependListener("error", onError);
      target.once("close", unpipe);
      target.once("finish", unpipe);
      target.on("unpipe", cleanup);
      target.emit("pipe", source);
      if (target.writableNeedDrain === true) source.pause();
      else if (!state.flowing) source.resume();
      return target;
    },
    unpipe(target) {
      const state = this._readableState;
      const gone = target === undefined ? state.pipes : state.pipes.filter((one) => one === target);
      state.pipes = target === undefined ? [] : state.pipes.filter((one) => one !== target);
      for (const one of gone) one.emit("unpipe", this, { hasUnpiped: false });
      if (state.pipes.length === 0 && gone.length > 0) this.pause();
      return this;
    },
    wrap(old) {
      old.on("data", (chunk) => { if (!this.push(chunk)) old.pause(); });
      old.on("end", () => this.push(null));
      old.on("error", (error) => failStream(this, error));
      old.on("close", () => this.destroy());
      this._read = () => old.resume();
      return this;
    },
    destroy,
    _destroy(error, done) { done(error); },
    iterator(options) { return iterate(this, options); },
    [Symbol.asyncIterator]() { return iterate(this); },
    get readable() {
      const state = this._readableState;
      return state.readable !== false && !state.destroyed && !state.errorEmitted && !state.endEmitted;
    },
    set readable(value) { this._readableState.readable = Boolean(value); },
    get readableDidRead() { return this._readableState.didRead; },
    get readableAborted() { return (this._readableState.destroyed || this._readableState.errored !== null) && !this._readableState.endEmitted; },
    get readableFlowing() { return this._readableState.flowing; },
    set readableFlowing(value) { this._readableState.flowing = value; },
    get readableLength() { return this._readableState.length; },
    get readableHighWaterMark() { return this._readableState.highWaterMark; },
    get readableObjectMode() { return this._readableState.objectMode; },
    get readableEncoding() { return this._readableState.encoding; },
    get readableEnded() { return this._readableState.endEmitted; },
    get readableBuffer() { return this._readableState.buffer; },
    get errored() { return this._readableState.errored; },
    get closed() { return this._readableState.closed; },
    get destroyed() { return this._readableState.destroyed; },
    set destroyed(value) { this._readableState.destroyed = value; },
  });
  for (const [other, name] of [["addListener", "on"], ["off", "removeListener"]]) Object.defineProperty(Readable.prototype, other, { value: Readable.prototype[name], writable: true, configurable: true });
  Readable.prototype[Symbol.asyncIterator] = function () { return iterate(this); };
  if (Symbol.asyncDispose) Readable.prototype[Symbol.asyncDispose] = function () {
    const error = this.destroyed || this.readableEnded ? null : abortError();
    if (!this.destroyed) this.destroy(error);
    return new Promise((resolve, reject) => ends().eos(this, {}, (failure) => (failure && failure !== error ? reject(failure) : resolve(null))));
  };

  function stillListening(stream) {
    const state = stream._readableState;
    state.readableListening = stream.listenerCount("readable") > 0;
    if (state.resumeScheduled && !state.paused) state.flowing = true;
    else if (stream.listenerCount("data") > 0) stream.resume();
    else if (!state.readableListening) state.flowing = null;
  }

  async function* iterate(stream, { destroyOnReturn = true } = {}) {
    let wake = () => {};
    let [failure, ended] = [undefined, false];
    const next = () => wake();
    stream.on("readable", next);
    const stop = ends().eos(stream, { writable: false }, (error) => {
      failure = error ?? undefined;
      ended = true;
      wake();
    });
    let finishedWell = false;
    try {
      while (true) {
        const chunk = stream.destroyed ? null : stream.read();
        if (chunk !== null) yield chunk;
        else if (failure !== undefined) throw failure;
        else if (ended) {
          finishedWell = true;
          return;
        } else await new Promise((resolve) => { wake = resolve; });
      }
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      stop();
      stream.removeListener("readable", next);
      if ((failure !== undefined || destroyOnReturn) && (failure !== undefined || !finishedWell || stream._readableState.autoDestroy)) stream.destroy(failure && !stream.destroyed ? undefined : null);
    }
  }

  Readable.from = (source, options) => {
    if (typeof source === "string" || source instanceof Uint8Array) {
      return new Readable({ objectMode: true, ...options, read() { this.push(source); this.push(null); } });
    }
    const isAsync = typeof source?.[Symbol.asyncIterator] === "function";
    if (!isAsync && typeof source?.[Symbol.iterator] !== "function") throw invalidType("iterable", "an instance of Iterable", source);
    const iterator = isAsync ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    let reading = false;
    const stream = new Readable({ objectMode: true, highWaterMark: 1, ...options });
    stream._read = () => {
      if (reading) return;
      reading = true;
      pull();
    };
    async function pull() {
      while (true) {
        try {
          const { value, done } = isAsync ? await iterator.next() : iterator.next();
          if (done) return void stream.push(null);
          const chunk = typeof value?.then === "function" ? await value : value;
          if (chunk === null) {
            reading = false;
            throw make(TypeError, "ERR_STREAM_NULL_VALUES", "May not write null values to stream");
          }
          if (stream.push(chunk)) continue;
          reading = false;
        } catch (error) {
          stream.destroy(error);
        }
        return;
      }
    }
    stream._destroy = (error, done) => {
      const end = error ? iterator.throw?.bind(iterator, error) : iterator.return?.bind(iterator);
      let ended;
      try {
        ended = Promise.resolve(end?.());
      } catch (failure) {
        ended = Promise.reject(failure);
      }
      ended.then(() => nextTick(done, error), () => nextTick(done, error));
    };
    return stream;
  };
  Readable.wrap = (old, options) => new Readable({
    objectMode: old.readableObjectMode ?? old.objectMode ?? true,
    ...options,
    destroy(error, done) {
      old.destroy?.(error);
      done(error);
    },
  }).wrap(old);
  Readable.ReadableState = function ReadableState() {};
  Readable.fromWeb = (web, options) => Readable.from(web, { objectMode: false, highWaterMark: marks.bytes, ...options });
  Readable.toWeb = (stream) => new ReadableStream({
    start(controller) {
      stream.on("data", (chunk) => {
        controller.enqueue(Buffer.isBuffer(chunk) ? new Uint8Array(chunk) : chunk);
        if (controller.desiredSize <= 0) stream.pause();
      });
      ends().eos(stream, { writable: false }, (error) => { if (error) controller.error(error); else controller.close(); });
    },
    pull() { stream.resume(); },
    cancel(reason) { stream.destroy(reason); },
  });

  // The helpers of the iterator proposal.
  const checkedOptions = (options) => {
    if (options === undefined || options === null) return;
    use("node/errors").validateObject(options, "options");
    use("node/errors").validateSignal(options.signal);
    if (options.concurrency !== undefined) use("node/errors").validateInteger(Math.floor(options.concurrency), "options.concurrency", 1);
  };
  // What a stream gives until a signal ends it.
  async function* until(stream, options) {
    const signal = options?.signal;
    if (!signal) return yield* stream;
    if (signal.aborted) throw abortError(signal);
    const abort = () => stream.destroy(abortError(signal));
    signal.addEventListener("abort", abort, { once: true });
    try {
      yield* stream;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
  // Results in their order, of several calls at once where that is asked for.
  async function* mapped(stream, f, options) {
    const most = Math.floor(options?.concurrency ?? 1);
    const running = [];
    for await (const value of until(stream, options)) {
      const result = Promise.resolve(f(value, { signal: options?.signal ?? new AbortController().signal }));
      result.catch(() => {});
      running.push(result);
      if (running.length >= most) yield await running.shift();
    }
    for (const result of running) yield await result;
  }
  const countOf = (given) => {
    const count = Number(given);
    if (Number.isNaN(count) || count < 0) throw use("node/errors").outOfRange("number", ">= 0", count);
    return count;
  };

  const operators = {
    map(f, options) { return function () { return mapped(this, f, options); }; },
    filter(f, options) { return async function* () { for await (const [value, keep] of mapped(this, async (value, more) => [value, await f(value, more)], options)) if (keep) yield value; }; },
    flatMap(f, options) { return async function* () { for await (const values of mapped(this, f, options)) yield* values; }; },
    take(given) { const count = countOf(given); return async function* () { let left = count; if (left <= 0) return; for await (const value of this) { yield value; if (--left <= 0) return; } }; },
    drop(given) { const count = countOf(given); return async function* () { let left = count; for await (const value of this) if (left-- <= 0) yield value; }; },
  };
  for (const [name, make_] of Object.entries(operators)) {
    methods(Readable, { [name](...args) {
      if (name !== "take" && name !== "drop") validateFunction(args[0], "fn");
      checkedOptions(args[1]);
      return Readable.from(make_(...args).call(this));
    } });
  }
  methods(Readable, {
    async toArray(options) { checkedOptions(options); const all = []; for await (const value of until(this, options)) all.push(value); return all; },
    async forEach(f, options) { validateFunction(f, "fn"); checkedOptions(options); for await (const ignored of mapped(this, f, options)); },
    async some(f, options) { validateFunction(f, "fn"); checkedOptions(options); for await (const holds of mapped(this, f, options)) if (holds) return true; return false; },
    async every(f, options) { validateFunction(f, "fn"); checkedOptions(options); for await (const holds of mapped(this, f, options)) if (!holds) return false; return true; },
    async find(f, options) { for await (const value of Readable.prototype.filter.call(this, f, options)) return value; return undefined; },
    async reduce(f, ...initial) {
      validateFunction(f, "reducer");
      let [has, sum] = [initial.length > 0, initial[0]];
      for await (const value of this) [has, sum] = [true, has ? await f(sum, value) : value];
      if (!has) throw make(TypeError, "ERR_MISSING_ARGS", "Reduce of an empty stream requires an initial value");
      return sum;
    },
    compose(other) { return duplex().compose(this, other); },
  });

  return { Readable, fill, iterate };
};
