// `Duplex`, `Transform` and `PassThrough` of `node:stream`, and streams made of others.
(native, use) => {
  const { fail, make, invalidType, abortError } = use("node/errors");
  const { Stream, adopt, construct, destroy, failStream, late, methods, withSignal } = use("node/stream_common");
  const { Readable, fill } = use("node/stream_readable");
  const { Writable, finishIfDone, write, writeNext, writing } = use("node/stream_writable");
  const ends = late("node/stream_ends");
  const { nextTick } = process;

  function Duplex(options) {
    if (!(this instanceof Duplex)) return new Duplex(options);
    const adopted = adopt();
    if (adopted !== undefined) return Duplex.call(adopted, options);
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
      ends().eos(readable, { writable: false }, (error) => { if (error) stream.destroy(error); else stream.push(null); });
    }
    if (writable && writable !== readable) ends().eos(writable, { readable: false }, (error) => { if (error) stream.destroy(error); });
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
    ends().pipeline(...streams, () => {});
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

  return { Duplex, PassThrough, Transform, compose, joined };
};
