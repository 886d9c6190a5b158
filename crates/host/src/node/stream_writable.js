// `Writable` of `node:stream`.
(native, use) => {
  const { fail, make, invalidType, abortError } = use("node/errors");
  const { Stream, adopt, bytesOf, construct, destroy, failStream, isBytes, isOver, late, markOf, marks, methods, withSignal } = use("node/stream_common");
  const duplex = late("node/stream_duplex");
  const { nextTick } = process;

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
    if (!(this instanceof Writable) && !(this instanceof duplex().Duplex)) return new Writable(options);
    const adopted = adopt();
    if (adopted !== undefined) return Writable.call(adopted, options);
    this._writableState = writableState(this, options, this instanceof duplex().Duplex);
    for (const name of ["write", "writev", "final", "destroy"]) if (typeof options?.[name] === "function") this[`_${name}`] = options[name];
    Stream.call(this, options);
    if (!(this instanceof duplex().Duplex)) {
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

  return { Writable, finishIfDone, write, writeNext, writing };
};
