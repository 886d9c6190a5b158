// What all streams of `node:stream` have: how they begin, fail and are destroyed.
(native, use) => {
  const EventEmitter = use("node/events");
  const { fail, make, invalidType, validateFunction, abortError } = use("node/errors");
  const { nextTick } = process;
  // How much waits unless a program says otherwise: bytes, objects.
  const marks = { bytes: 65536, objects: 16 };

  // `extends EventEmitter`, and callable without `new`, as old programs call it.
  function Stream(options) {
    EventEmitter.call(this, options);
  }

  // What `extends` a stream as a class and is called without `new`, as old programs call their base classes: what it is
  // called on becomes one.
  let adopted;
  function adopt() {
    const self = adopted;
    adopted = undefined;
    return self;
  }
  function callable(Class) {
    const made = function (...args) {
      if (new.target !== undefined) return Reflect.construct(Class, args, new.target === made ? Class : new.target);
      if (!(this instanceof Class)) return Reflect.construct(Class, args);
      adopted = this;
      try {
        return Reflect.construct(Class, args);
      } finally {
        adopted = undefined;
      }
    };
    Object.defineProperty(made, "name", { value: Class.name, configurable: true });
    made.prototype = Class.prototype;
    Object.defineProperty(made.prototype, "constructor", { value: made, writable: true, configurable: true });
    return Object.setPrototypeOf(made, Class);
  }
  Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
  Object.setPrototypeOf(Stream, EventEmitter);
  const methods = (Class, members) => {
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(members))) Object.defineProperty(Class.prototype, key, { ...property, enumerable: false });
  };

  // How streams of old go on to others.
  methods(Stream, {
    pipe(target, options) {
      const source = this;
      const onData = (chunk) => { if (target.writable && target.write(chunk) === false && source.pause) source.pause(); };
      const onDrain = () => { if (source.readable && source.resume) source.resume(); };
      let isOver = false;
      const onEnd = () => {
        if (!isOver) target.end();
        isOver = true;
      };
      const onClose = () => {
        if (!isOver && typeof target.destroy === "function") target.destroy();
        isOver = true;
      };
      const onError = function (error) {
        cleanup();
        if (this.listenerCount("error") === 0) this.emit("error", error);
      };
      const pairs = [[source, "data", onData], [target, "drain", onDrain], [source, "error", onError], [target, "error", onError]];
      if (!target._isStdio && options?.end !== false) pairs.push([source, "end", onEnd], [source, "close", onClose]);
      const cleanup = () => {
        for (const [emitter, event, listener] of pairs) emitter.removeListener(event, listener);
        for (const [emitter, event] of [[source, "end"], [source, "close"], [target, "close"]]) emitter.removeListener(event, cleanup);
      };
      for (const [emitter, event, listener] of pairs) emitter.on(event, listener);
      for (const [emitter, event] of [[source, "end"], [source, "close"], [target, "close"]]) emitter.on(event, cleanup);
      target.emit("pipe", source);
      return target;
    },
  });

  const bytesOf = (chunk, encoding) => (typeof chunk === "string" ? Buffer.from(chunk, encoding) : ArrayBuffer.isView(chunk) && !Buffer.isBuffer(chunk) ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : chunk);
  const isBytes = (chunk) => typeof chunk === "string" || ArrayBuffer.isView(chunk);

  function markOf(options, isDuplex, side, objectMode) {
    const given = options?.highWaterMark ?? (isDuplex ? options?.[`${side}HighWaterMark`] : undefined);
    if (given !== undefined && given !== null) {
      if (!Number.isInteger(given) || given < 0) fail(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.highWaterMark' is invalid. Received ${use("web/inspect").inspect(given)}`);
      return given;
    }
    return objectMode ? marks.objects : marks.bytes;
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
      const { fill } = use("node/stream_readable");
      const { finishIfDone, writeNext } = use("node/stream_writable");
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

  // A script that is needed only once a program runs, and needs this one.
  const late = (name) => {
    let script;
    return () => (script ??= use(name));
  };

  return { adopt, callable, Stream, bytesOf, construct, destroy, failStream, isBytes, isOver, late, markOf, marks, methods, withSignal };
};
