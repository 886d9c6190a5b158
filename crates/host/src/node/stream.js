// `node:stream`.
(native, use) => {
  const EventEmitter = use("node/events");
  const { fail, make, invalidType, validateFunction, abortError } = use("node/errors");
  const { nextTick } = process;
  let highWaterMark = 65536;
  const objectHighWaterMark = 16;

  // `extends EventEmitter`, and callable without `new`, as old programs call it.
  function Stream(options) {
    EventEmitter.call(this, options);
  }
  Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
  Object.setPrototypeOf(Stream, EventEmitter);
  const methods = (Class, members) => {
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(members))) Object.defineProperty(Class.prototype, key, { ...property, enumerable: false });
  };

  const bytesOf = (chunk, encoding) => (typeof chunk === "string" ? Buffer.from(chunk, encoding) : ArrayBuffer.isView(chunk) && !Buffer.isBuffer(chunk) ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk);
  const isBytes = (chunk) => typeof chunk === "string" || ArrayBuffer.isView(chunk);

  function markOf(options, isDuplex, side, objectMode) {
    const given = options?.highWaterMark ?? (isDuplex ? options?.[`${side}HighWaterMark`] : undefined);
    if (given !== undefined && given !== null) {
      if (!Number.isInteger(given) || given < 0) fail(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.highWaterMark' is invalid. Received ${use("web/inspect").inspect(given)}`);
      return given;
    }
    return objectMode ? objectHighWaterMark : highWaterMark;
  }

  // What both sides share: destroying, and what happens once both are over.
  function destroy(error, done) {
    const sides = [this._readableState, this._writableState].filter(Boolean);
    if (sides.some((side) => side.destroyed)) {
      if (typeof done === "function") done();
      return this;
    }
    for (const side of sides) {
      side.destroyed = true;
      if (error) side.errored = error;
    }
    const finish = (failure) => {
      // Who destroys may keep an error to itself.
      const reason = failure ?? null;
      for (const side of sides) {
        side.closed = true;
        if (reason) side.errored = reason;
      }
      if (typeof done === "function") done(reason);
      nextTick(() => {
        if (reason && !sides.some((side) => side.errorEmitted)) {
          for (const side of sides) side.errorEmitted = true;
          this.emit("error", reason);
        }
        if (sides.every((side) => side.emitClose)) {
          for (const side of sides) side.closeEmitted = true;
          this.emit("close");
        }
      });
    };
    const start = () => {
      try {
        const result = this._destroy(error ?? null, finish);
        if (typeof result?.then === "function") result.then(() => finish(error), finish);
      } catch (failure) {
        finish(failure);
      }
    };
    if (sides.some((side) => side.constructing)) this.once("constructed", start);
    else start();
    return this;
  }

  function failStream(stream, error) {
    const sides = [stream._readableState, stream._writableState].filter(Boolean);
    if (sides.some((side) => side.destroyed)) return;
    if (sides.every((side) => side.autoDestroy)) {
      stream.destroy(error);
      return;
    }
    for (const side of sides) {
      side.errored ??= error;
      if (side.errorEmitted) return;
      side.errorEmitted = true;
    }
    stream.emit("error", error);
  }

  const isOver = (stream) => {
    const { _readableState: r, _writableState: w } = stream;
    return (!r || r.endEmitted || r.destroyed) && (!w || w.finished || w.destroyed);
  };

  function construct(stream, options) {
    if (typeof options?.construct === "function") stream._construct = options.construct;
    if (typeof stream._construct !== "function") return;
    const sides = [stream._readableState, stream._writableState].filter(Boolean);
    for (const side of sides) side.constructing = true;
    nextTick(() => {
      stream._construct((error) => {
        for (const side of sides) side.constructing = false;
        if (error) failStream(stream, error);
        stream.emit("constructed");
        if (!error && stream._readableState && (stream._readableState.flowing || stream._readableState.needReadable)) fill(stream);
        if (!error && stream._writableState) {
          const work = stream._writableState;
          if (work.queue.length > 0 && !work.writing) writeNext(stream);
          finishIfDone(stream);
        }
      });
    });
  }

  function withSignal(stream, signal) {
    if (!signal) return;
    const abort = () => stream.destroy(abortError(signal));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  }

  // ---- Readable

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
    this._readableState = readableState(this, options, this instanceof Duplex);
    if (typeof options?.read === "function") this._read = options.read;
    if (typeof options?.destroy === "function") this._destroy = options.destroy;
    Stream.call(this, options);
    if (options?.encoding) this.setEncoding(options.encoding);
    if (!(this instanceof Duplex)) {
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
    addListener(event, listener) { return this.on(event, listener); },
    removeListener(event, listener) {
      const result = Stream.prototype.removeListener.call(this, event, listener);
      if (event === "readable") nextTick(stillListening, this);
      else if (event === "data" && this.listenerCount("data") === 0 && this._readableState.pipes.length === 0 && this._readableState.flowing) this._readableState.flowing = this._readableState.flowing;
      return result;
    },
    off(event, listener) { return this.removeListener(event, listener); },
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
  Readable.prototype[Symbol.asyncIterator] = function () { return iterate(this); };
  if (Symbol.asyncDispose) Readable.prototype[Symbol.asyncDispose] = function () {
    const error = this.destroyed || this.readableEnded ? null : abortError();
    if (!this.destroyed) this.destroy(error);
    return new Promise((resolve, reject) => eos(this, {}, (failure) => (failure && failure !== error ? reject(failure) : resolve(null))));
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
    const stop = eos(stream, { writable: false }, (error) => {
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
  Readable.fromWeb = (web, options) => Readable.from(web, { objectMode: false, highWaterMark, ...options });
  Readable.toWeb = (stream) => new ReadableStream({
    start(controller) {
      stream.on("data", (chunk) => {
        controller.enqueue(Buffer.isBuffer(chunk) ? new Uint8Array(chunk) : chunk);
        if (controller.desiredSize <= 0) stream.pause();
      });
      eos(stream, { writable: false }, (error) => { if (error) controller.error(error); else controller.close(); });
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
    compose(other) { return compose(this, other); },
  });

  // ---- Writable

  function writableState(stream, options, isDuplex) {
    const objectMode = Boolean(options?.objectMode || (isDuplex && options?.writableObjectMode));
    return {
      objectMode, highWaterMark: markOf(options, isDuplex, "writable", objectMode), queue: [], length: 0, writing: false, corked: 0, ending: false, ended: false,
      finished: false, prefinished: false, needDrain: false, destroyed: false, errored: null, errorEmitted: false, closed: false, closeEmitted: false, pending: 0,
      emitClose: options?.emitClose !== false, autoDestroy: options?.autoDestroy !== false, decodeStrings: options?.decodeStrings !== false,
      defaultEncoding: options?.defaultEncoding ?? "utf8", constructing: false, sync: true, finishing: [],
    };
  }

  function Writable(options) {
    if (!(this instanceof Writable) && !(this instanceof Duplex)) return new Writable(options);
    this._writableState = writableState(this, options, this instanceof Duplex);
    for (const name of ["write", "writev", "final", "destroy"]) if (typeof options?.[name] === "function") this[`_${name}`] = options[name];
    Stream.call(this, options);
    if (!(this instanceof Duplex)) {
      construct(this, options);
      withSignal(this, options?.signal);
    }
    return this;
  }
  Object.setPrototypeOf(Writable.prototype, Stream.prototype);
  Object.setPrototypeOf(Writable, Stream);
  Object.defineProperty(Writable, Symbol.hasInstance, {
    value(object) {
      if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
      return this === Writable && object?._writableState !== undefined && object instanceof Stream;
    },
  });

  function write(stream, chunk, encoding, done) {
    const state = stream._writableState;
    if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
    const callback = typeof done === "function" ? done : () => {};
    const coding = encoding ?? state.defaultEncoding;
    if (encoding && encoding !== "buffer" && !Buffer.isEncoding(encoding)) fail(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    let piece = chunk;
    let given = state.objectMode ? encoding : coding;
    if (chunk === null) fail(TypeError, "ERR_STREAM_NULL_VALUES", "May not write null values to stream");
    if (!state.objectMode) {
      if (typeof chunk === "string") {
        if (state.decodeStrings) [piece, given] = [Buffer.from(chunk, coding), "buffer"];
      } else if (ArrayBuffer.isView(chunk)) [piece, given] = [bytesOf(chunk), "buffer"];
      else throw invalidType("chunk", "of type string or an instance of Buffer, TypedArray, or DataView", chunk);
    }
    let error;
    if (state.ending) error = make(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end");
    else if (state.destroyed) error = make(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed");
    if (error) {
      nextTick(callback, error);
      failLater(stream, error);
      return error;
    }
    state.pending += 1;
    const size = state.objectMode ? 1 : piece.length;
    state.length += size;
    const roomy = state.length < state.highWaterMark;
    if (!roomy) state.needDrain = true;
    state.queue.push({ chunk: piece, encoding: given, callback, size });
    if (!state.writing && state.corked === 0 && !state.errored && !state.constructing) writeNext(stream);
    return roomy && !state.errored && !state.destroyed;
  }

  const failLater = (stream, error) => {
    if (error.code === "ERR_STREAM_DESTROYED") return;
    if (stream._writableState.autoDestroy) failStream(stream, error);
    else nextTick(() => failStream(stream, error));
  };

  function writeNext(stream) {
    const state = stream._writableState;
    if (state.writing || state.queue.length === 0 || state.destroyed) return;
    const many = state.queue.length > 1 && typeof stream._writev === "function";
    const taken = many ? state.queue.splice(0) : [state.queue.shift()];
    state.writing = true;
    state.sync = true;
    let called = false;
    const done = (error) => {
      if (called) {
        failStream(stream, make(Error, "ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
        return;
      }
      called = true;
      state.writing = false;
      for (const { size } of taken) state.length -= size;
      if (error) {
        state.errored ??= error;
        const report = () => {
          for (const { callback } of taken) callback(error);
          for (const { callback } of state.queue.splice(0)) callback(state.errored ?? error);
          failStream(stream, error);
        };
        if (state.sync) nextTick(report);
        else report();
        return;
      }
      const after = () => {
        const drains = !state.ending && !state.destroyed && state.length === 0 && state.needDrain;
        if (drains) {
          state.needDrain = false;
          stream.emit("drain");
        }
        for (const { callback } of taken) {
          state.pending -= 1;
          callback(null);
        }
        finishIfDone(stream);
      };
      if (state.queue.length > 0 && state.corked === 0) writeNext(stream);
      if (state.sync) nextTick(after);
      else after();
    };
    try {
      if (many) stream._writev(taken.map(({ chunk, encoding }) => ({ chunk, encoding })), done);
      else if (typeof stream._writev === "function" && stream._write === Writable.prototype._write) stream._writev(taken.map(({ chunk, encoding }) => ({ chunk, encoding })), done);
      else {
        const result = stream._write(taken[0].chunk, taken[0].encoding, done);
        if (typeof result?.then === "function") result.then(undefined, (error) => failStream(stream, error));
      }
    } finally {
      state.sync = false;
    }
  }

  function finishIfDone(stream, isEnding = false) {
    const state = stream._writableState;
    if (!state.ending || state.finished || state.errored || state.destroyed || state.constructing || state.writing || state.queue.length > 0) return;
    const hasFinal = typeof stream._final === "function";
    if (state.finalCalled && hasFinal) return;
    state.finalCalled = true;
    const finish = () => {
      if (state.errored || state.finished) return;
      state.finished = true;
      for (const callback of state.finishing.splice(0)) callback();
      stream.emit("finish");
      const other = stream._readableState;
      if (state.autoDestroy && (!other || (other.autoDestroy && (other.endEmitted || other.readable === false)))) stream.destroy();
    };
    const prefinish = () => {
      if (state.prefinished) return;
      state.prefinished = true;
      stream.emit("prefinish");
    };
    if (!hasFinal) {
      prefinish();
      // Whoever has written hears of it first.
      if (state.pending > 0) return;
      // Who ends it may listen first.
      if (isEnding) nextTick(finish);
      else finish();
      return;
    }
    let isSync = true;
    const done = (error) => {
      if (error) {
        for (const callback of state.finishing.splice(0)) callback(error);
        if (isSync) nextTick(failStream, stream, error);
        else failStream(stream, error);
        return;
      }
      prefinish();
      nextTick(finish);
    };
    try {
      const result = stream._final(done);
      if (typeof result?.then === "function") result.then(() => done(), done);
    } catch (error) {
      done(error);
    }
    isSync = false;
  }

  const writing = {
    write(chunk, encoding, done) { return write(this, chunk, encoding, done) === true; },
    _write(chunk, encoding, done) {
      if (typeof this._writev === "function") this._writev([{ chunk, encoding }], done);
      else fail(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _write() method is not implemented");
    },
    end(chunk, encoding, done) {
      const state = this._writableState;
      if (typeof chunk === "function") [chunk, done] = [undefined, chunk];
      if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
      let error;
      if (chunk !== undefined && chunk !== null) {
        const result = write(this, chunk, encoding, undefined);
        if (result instanceof Error) error = result;
      }
      if (state.corked > 0) {
        state.corked = 1;
        this.uncork();
      }
      if (!error && !state.errored && !state.ending) {
        state.ending = true;
        finishIfDone(this, true);
        state.ended = true;
      } else if (state.finished) error ??= make(Error, "ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished");
      else if (state.destroyed) error ??= make(Error, "ERR_STREAM_DESTROYED", "Cannot call end after a stream was destroyed");
      if (typeof done === "function") {
        if (error) nextTick(done, error);
        else if (state.finished) nextTick(done);
        else state.finishing.push(done);
      }
      return this;
    },
    cork() { this._writableState.corked += 1; },
    uncork() {
      const state = this._writableState;
      if (state.corked > 0) state.corked -= 1;
      if (state.corked === 0 && !state.writing) writeNext(this);
    },
    setDefaultEncoding(encoding) {
      if (!Buffer.isEncoding(encoding)) fail(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
      this._writableState.defaultEncoding = encoding;
      return this;
    },
    get writable() {
      const state = this._writableState;
      return state.writable !== false && !state.destroyed && !state.errored && !state.ending && !state.ended;
    },
    set writable(value) { this._writableState.writable = Boolean(value); },
    get writableFinished() { return this._writableState.finished; },
    get writableObjectMode() { return this._writableState.objectMode; },
    get writableEnded() { return this._writableState.ending; },
    get writableNeedDrain() { return this._writableState.needDrain && !this._writableState.destroyed && !this._writableState.ending; },
    get writableHighWaterMark() { return this._writableState.highWaterMark; },
    get writableCorked() { return this._writableState.corked; },
    get writableLength() { return this._writableState.length; },
    get writableBuffer() { return this._writableState.queue; },
    get writableAborted() { return (this._writableState.destroyed || this._writableState.errored !== null) && !this._writableState.finished; },
  };
  methods(Writable, writing);
  methods(Writable, {
    pipe() { failStream(this, make(Error, "ERR_STREAM_CANNOT_PIPE", "Cannot pipe, not readable")); },
    destroy(error, done) {
      const state = this._writableState;
      if (!state.destroyed && (state.queue.length > 0 || state.finishing.length > 0)) {
        nextTick(() => {
          const gone = () => make(Error, "ERR_STREAM_DESTROYED", "Cannot call end after a stream was destroyed");
          for (const { callback } of state.queue.splice(0)) callback(state.errored ?? gone());
          for (const callback of state.finishing.splice(0)) callback(state.errored ?? gone());
        });
      }
      return destroy.call(this, error, done);
    },
    _destroy(error, done) { done(error); },
    get errored() { return this._writableState.errored; },
    get closed() { return this._writableState.closed; },
    get destroyed() { return this._writableState.destroyed; },
    set destroyed(value) { this._writableState.destroyed = value; },
  });
  Writable.WritableState = function WritableState() {};
  Writable.fromWeb = (web) => {
    const writer = web.getWriter();
    return new Writable({
      objectMode: true,
      write(chunk, encoding, done) { writer.write(chunk).then(() => done(), done); },
      final(done) { writer.close().then(() => done(), done); },
      destroy(error, done) { (error ? writer.abort(error) : Promise.resolve()).then(() => done(error), () => done(error)); },
    });
  };
  Writable.toWeb = (stream) => new WritableStream({
    write: (chunk) => new Promise((resolve, reject) => stream.write(chunk, (error) => (error ? reject(error) : resolve()))),
    close: () => new Promise((resolve) => stream.end(resolve)),
    abort: (reason) => void stream.destroy(reason),
  });

  // ---- Both

  function Duplex(options) {
    if (!(this instanceof Duplex)) return new Duplex(options);
    Readable.call(this, options);
    Writable.call(this, options);
    this.allowHalfOpen = options?.allowHalfOpen !== false;
    if (options?.readable === false) {
      this._readableState.readable = false;
      this._readableState.ended = true;
      this._readableState.endEmitted = true;
    }
    if (options?.writable === false) {
      Object.assign(this._writableState, { writable: false, ending: true, ended: true, finished: true });
    }
    construct(this, options);
    withSignal(this, options?.signal);
    return this;
  }
  Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
  Object.setPrototypeOf(Duplex, Readable);
  methods(Duplex, writing);
  methods(Duplex, {
    get destroyed() { return this._readableState.destroyed && this._writableState.destroyed; },
    set destroyed(value) { this._readableState.destroyed = this._writableState.destroyed = value; },
    get closed() { return this._readableState.closed && this._writableState.closed; },
    get errored() { return this._readableState.errored ?? this._writableState.errored; },
  });
  Duplex.from = (source) => {
    if (source instanceof Duplex) return source;
    if (typeof source?.then === "function") return Duplex.from((async function* () { const value = await source; if (value !== undefined) yield value; })());
    if (typeof source === "function") return compose(source);
    if (source?.readable && source?.writable && source.readable instanceof Readable) return joined(source.writable, source.readable);
    const readable = source instanceof Readable ? source : Readable.from(source);
    return joined(undefined, readable);
  };
  Duplex.toWeb = (stream) => ({ readable: Readable.toWeb(stream), writable: Writable.toWeb(stream) });

  // One stream of two: what is written goes into the first, what the last gives is read.
  function joined(writable, readable) {
    const stream = new Duplex({
      objectMode: true, writable: writable !== undefined, readable: readable !== undefined,
      write(chunk, encoding, done) { if (writable.write(chunk, encoding)) done(); else writable.once("drain", done); },
      final(done) { writable.end(done); },
      read() { readable.resume(); },
      destroy(error, done) { writable?.destroy(error); readable?.destroy(error); done(error); },
    });
    if (readable) {
      readable.on("data", (chunk) => { if (!stream.push(chunk)) readable.pause(); });
      eos(readable, { writable: false }, (error) => { if (error) stream.destroy(error); else stream.push(null); });
    }
    if (writable && writable !== readable) eos(writable, { readable: false }, (error) => { if (error) stream.destroy(error); });
    return stream;
  }

  function compose(...parts) {
    const streams = parts.map((part) => {
      if (typeof part !== "function") return part;
      const input = new PassThrough({ objectMode: true });
      const result = part(input);
      return joined(input, result instanceof Readable ? result : Readable.from(result));
    });
    if (streams.length === 1) return streams[0];
    pipeline(...streams, () => {});
    const [first, last] = [streams[0], streams.at(-1)];
    return joined(first instanceof Writable ? first : undefined, last instanceof Readable ? last : undefined);
  }

  function Transform(options) {
    if (!(this instanceof Transform)) return new Transform(options);
    Duplex.call(this, options);
    this._readableState.sync = false;
    if (typeof options?.transform === "function") this._transform = options.transform;
    if (typeof options?.flush === "function") this._flush = options.flush;
    // A `final` of the program's own comes before what belongs to every transform.
    if (this._final !== Transform.prototype._final) {
      this.on("prefinish", () => Transform.prototype._final.call(this, (error) => { if (error) this.destroy(error); }));
    }
    Object.defineProperty(this, "waiting", { value: null, writable: true, enumerable: false });
    return this;
  }
  Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
  Object.setPrototypeOf(Transform, Duplex);
  methods(Transform, {
    _transform() { fail(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _transform() method is not implemented"); },
    _final(done) {
      if (typeof this._flush !== "function") {
        this.push(null);
        done();
        return;
      }
      const end = (error, data) => {
        if (error) return void done(error);
        if (data !== undefined && data !== null) this.push(data);
        this.push(null);
        done();
      };
      const result = this._flush(end);
      if (typeof result?.then === "function") result.then((data) => end(null, data), end);
    },
    _write(chunk, encoding, done) {
      const state = this._readableState;
      const { length } = state;
      const end = (error, data) => {
        if (error) return void done(error);
        if (data !== undefined && data !== null) this.push(data);
        if (this._writableState.ending || length === state.length || state.length < state.highWaterMark) done();
        else this.waiting = done;
      };
      const result = this._transform(chunk, encoding, end);
      if (typeof result?.then === "function") result.then((data) => end(null, data), end);
    },
    _read() {
      if (this.waiting === null) return;
      const done = this.waiting;
      this.waiting = null;
      done();
    },
  });

  function PassThrough(options) {
    if (!(this instanceof PassThrough)) return new PassThrough(options);
    Transform.call(this, options);
    return this;
  }
  Object.setPrototypeOf(PassThrough.prototype, Transform.prototype);
  Object.setPrototypeOf(PassThrough, Transform);
  methods(PassThrough, { _transform(chunk, encoding, done) { done(null, chunk); } });

  // ---- Ends

  function eos(stream, options, callback) {
    if (typeof stream?.on !== "function") throw use("node/errors").invalidType("stream", "an instance of ReadableStream, WritableStream, or Stream", stream);
    if (typeof options === "function") [options, callback] = [{}, options];
    validateFunction(callback, "callback");
    const readable = options?.readable ?? (stream._readableState !== undefined && stream._readableState.readable !== false);
    const writable = options?.writable ?? (stream._writableState !== undefined && stream._writableState.writable !== false);
    const { _readableState: r, _writableState: w } = stream;
    let called = false;
    const done = (error) => {
      if (called) return;
      called = true;
      if (error) callback.call(stream, error);
      else callback.call(stream);
    };
    let [readOver, writeOver] = [!readable || r?.endEmitted === true, !writable || w?.finished === true];
    const check = () => { if (readOver && writeOver) done(); };
    // Where the stream closes by itself, that is the end.
    const closes = [r, w].filter(Boolean).every((side) => side.autoDestroy && side.emitClose && !side.closed) && readable === stream instanceof Readable && writable === (w !== undefined);
    const over = () => { if (!closes || stream.destroyed) check(); };
    const onEnd = () => { readOver = true; over(); };
    const onFinish = () => { writeOver = true; over(); };
    const onError = (error) => done(error);
    const onClose = () => {
      const error = r?.errored ?? w?.errored;
      if (error) return void done(error);
      if (readable && !readOver && !r?.endEmitted) return void done(make(Error, "ERR_STREAM_PREMATURE_CLOSE", "Premature close"));
      if (writable && !writeOver && !w?.finished) return void done(make(Error, "ERR_STREAM_PREMATURE_CLOSE", "Premature close"));
      done();
    };
    stream.on("end", onEnd);
    stream.on("finish", onFinish);
    if (options?.error !== false) stream.on("error", onError);
    stream.on("close", onClose);
    if (r?.closeEmitted || w?.closeEmitted || (r?.closed ?? w?.closed)) nextTick(onClose);
    else if (r?.errorEmitted || w?.errorEmitted) nextTick(() => done(r?.errored ?? w?.errored));
    else if (readOver && writeOver) nextTick(check);
    const stop = () => {
      called = true;
      stream.removeListener("end", onEnd);
      stream.removeListener("finish", onFinish);
      stream.removeListener("error", onError);
      stream.removeListener("close", onClose);
    };
    const { signal } = options ?? {};
    if (signal) {
      const abort = () => { const inner = callback; stop(); inner.call(stream, abortError(signal)); };
      if (signal.aborted) nextTick(abort);
      else signal.addEventListener("abort", abort, { once: true });
    }
    return stop;
  }

  function finished(stream, options) {
    return new Promise((resolve, reject) => eos(stream, options ?? {}, (error) => (error ? reject(error) : resolve())));
  }

  function pipeline(...parts) {
    const callback = parts.pop();
    if (typeof callback !== "function") throw use("node/errors").invalidType("streams[stream.length - 1]", "of type function", callback);
    return run(parts, callback, {});
  }

  // Streams of the Web as those of Node; what can be no part of a pipeline is an error.
  function ofWeb(part, i) {
    if (part instanceof globalThis.WritableStream) return Writable.fromWeb(part);
    if (part?.writable instanceof globalThis.WritableStream && part.readable instanceof globalThis.ReadableStream) return joined(Writable.fromWeb(part.writable), Readable.fromWeb(part.readable, { objectMode: true }));
    const isStream = typeof part === "function" || typeof part?.pipe === "function" || typeof part?.write === "function";
    const isSource = i === 0 && part !== null && part !== undefined && (typeof part[Symbol.asyncIterator] === "function" || typeof part[Symbol.iterator] === "function");
    if (isStream || isSource) return part;
    throw invalidType("body", "of type function or an instance of Blob, ReadableStream, WritableStream, Stream, Iterable, AsyncIterable, or Promise or { readable, writable } pair", part);
  }

  function run(given, callback, { signal, end = true }) {
    const parts = Array.isArray(given[0]) && given.length === 1 ? [...given[0]] : [...given];
    if (parts.length < 2) fail(TypeError, "ERR_MISSING_ARGS", "The \"streams\" argument must be specified");
    parts.forEach((part, i) => { parts[i] = ofWeb(part, i); });
    const all = [];
    let [left, failure, value, over] = [0, undefined, undefined, false];
    const oneDone = (error) => {
      if (error && (failure === undefined || failure.code === "ERR_STREAM_PREMATURE_CLOSE")) failure = error;
      left -= 1;
      if (error) for (const stream of all) if (!isOver(stream)) stream.destroy(error);
      if (left === 0 && !over) {
        over = true;
        nextTick(callback, failure, value);
      }
    };
    let at;
    parts.forEach((part, i) => {
      const isLast = i === parts.length - 1;
      if (typeof part === "function") {
        const result = i === 0 ? part({ signal }) : part(at instanceof Readable ? iterate(at) : at, { signal });
        if (isLast && typeof result?.then === "function") {
          left += 1;
          result.then((given) => { value = given; oneDone(); }, oneDone);
          at = result;
          return;
        }
        if (isLast) {
          left += 1;
          const sink = Readable.from(result);
          all.push(sink);
          watch(sink, { writable: false });
          sink.resume();
          left -= 1;
          at = sink;
          return;
        }
        at = result;
        return;
      }
      if (part instanceof Stream || typeof part?.pipe === "function" || typeof part?.write === "function") {
        all.push(part);
        if (i > 0) {
          const source = at instanceof Readable ? at : Readable.from(at);
          if (source !== at) { all.push(source); watch(source, { writable: false }); }
          const ends = end || !isLast;
          source.pipe(part, { end: ends });
          if (!ends) {
            left += 1;
            source.once("end", () => oneDone());
          }
        }
        watch(part, { readable: i === 0 || !isLast ? part instanceof Readable : false, writable: i > 0 && (end || !isLast) });
        at = part;
        return;
      }
      at = part;
    });
    function watch(stream, options) {
      left += 1;
      eos(stream, options, oneDone);
    }
    if (signal) {
      const abort = () => { for (const stream of all) stream.destroy(abortError(signal)); };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    }
    return at;
  }

  // Two streams: what is written to either is read from the other.
  function duplexPair(options) {
    const waiting = [null, null];
    const sides = [0, 1].map((side) => new Duplex({
      ...options,
      read() {
        const done = waiting[side];
        waiting[side] = null;
        done?.();
      },
      write(chunk, encoding, done) {
        if (chunk.length === 0) return void nextTick(done);
        sides[1 - side].push(chunk);
        waiting[1 - side] = done;
      },
      final(done) {
        sides[1 - side].on("end", done);
        sides[1 - side].push(null);
      },
    }));
    return sides;
  }

  const promises = {
    finished,
    pipeline: (...parts) => new Promise((resolve, reject) => {
      const last = parts.at(-1);
      const isOptions = last !== null && typeof last === "object" && !(last instanceof Stream) && typeof last[Symbol.asyncIterator] !== "function" && typeof last[Symbol.iterator] !== "function";
      const options = isOptions ? parts.pop() : {};
      run(parts, (error, value) => (error ? reject(error) : resolve(value)), options);
    }),
  };

  return Object.assign(Stream, {
    Stream, Readable, Writable, Duplex, Transform, PassThrough, finished: eos, pipeline, compose, duplexPair, promises,
    addAbortSignal: (signal, stream) => { withSignal(stream, signal); return stream; },
    destroy: (stream, error) => stream.destroy(error),
    getDefaultHighWaterMark: (objectMode) => (objectMode ? objectHighWaterMark : highWaterMark),
    setDefaultHighWaterMark: (objectMode, value) => { if (!objectMode) highWaterMark = value; },
    isDisturbed: (stream) => Boolean(stream?._readableState?.didRead || stream?.readableAborted),
    isErrored: (stream) => Boolean(stream?.errored),
    isReadable: (stream) => (stream instanceof Readable ? stream.readable : null),
    isWritable: (stream) => (stream?._writableState ? stream.writable : null),
    isDestroyed: (stream) => Boolean(stream?.destroyed),
  });
};
