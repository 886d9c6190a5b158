// `ReadableStream`.
(_, use) => {
  const { alias, apply, callable, choice, deferred, dictionary, fail, finish, handled, integer, isObject, need, promised, promiseThen, rejectedWith, resolvedWith } = use("web/idl");
  const { MADE, highWaterMarkOf, sizeOf, strategyOf } = use("web/streams/common");
  const core = use("web/streams/core");
  const chunks = use("web/streams/default_controller");
  const bytes = use("web/streams/byte_controller");
  const readers = use("web/streams/readers");

  let recordOf, isReadable;

  class ReadableStream {
    #record;

    static {
      isReadable = (value) => isObject(value) && #record in value;
      recordOf = (stream) => {
        if (!isReadable(stream)) throw fail(TypeError, "what is given must be a ReadableStream", "ERR_INVALID_ARG_TYPE");
        return stream.#record;
      };
    }

    constructor(source = undefined, strategy = undefined) {
      if (source === MADE) {
        this.#record = strategy;
        strategy.public = this;
        return;
      }
      if (source !== undefined && !isObject(source)) throw fail(TypeError, "the source must be an object", "ERR_INVALID_ARG_TYPE");
      const given = strategyOf(strategy);
      const { autoAllocateChunkSize, cancel, pull, start, type } = sourceOf(source);
      this.#record = core.makeStream();
      this.#record.public = this;
      if (type === "bytes") {
        if (given.size !== undefined) throw new RangeError("the strategy of a stream of bytes cannot have a size");
        bytes.setUpFrom(this.#record, source, { autoAllocateChunkSize, cancel, pull, start }, highWaterMarkOf(given, 0));
      } else {
        const size = sizeOf(given);
        chunks.setUpFrom(this.#record, source, { cancel, pull, start }, highWaterMarkOf(given, 1), size);
      }
    }

    static from(iterable) {
      need(arguments.length, 1, "ReadableStream.from");
      return from(iterable);
    }

    get locked() { return core.isLocked(this.#record); }

    cancel(reason = undefined) {
      return promised(() => {
        const record = this.#record;
        if (core.isLocked(record)) throw fail(TypeError, "a stream that is locked cannot be canceled", "ERR_INVALID_STATE");
        return core.cancel(record, reason);
      });
    }

    getReader(options = undefined) {
      this.#record;
      const { mode } = dictionary(options);
      if (mode === undefined) return new readers.ReadableStreamDefaultReader(this);
      choice(mode, ["byob"], "mode");
      return new readers.ReadableStreamBYOBReader(this);
    }

    pipeThrough(transform, options = undefined) {
      const record = this.#record;
      need(arguments.length, 1, "pipeThrough");
      const sides = dictionary(transform, "the transform");
      const { isWritable, recordOf: writableOf } = use("web/streams/writable");
      const { readable } = sides;
      if (!isReadable(readable)) throw fail(TypeError, "transform.readable must be a ReadableStream", "ERR_INVALID_ARG_TYPE");
      const { writable } = sides;
      if (!isWritable(writable)) throw fail(TypeError, "transform.writable must be a WritableStream", "ERR_INVALID_ARG_TYPE");
      const { pipe, pipeOptions } = use("web/streams/pipe");
      const given = pipeOptions(options);
      const target = writableOf(writable);
      if (core.isLocked(record)) throw fail(TypeError, "a stream that is locked cannot be piped", "ERR_INVALID_STATE");
      if (target.writer !== undefined) throw fail(TypeError, "transform.writable is locked", "ERR_INVALID_STATE");
      handled(pipe(record, target, given));
      return readable;
    }

    pipeTo(destination, options = undefined) {
      return promised(() => {
        const record = this.#record;
        need(arguments.length, 1, "pipeTo");
        const { isWritable, recordOf: writableOf } = use("web/streams/writable");
        if (!isWritable(destination)) throw fail(TypeError, "the destination must be a WritableStream", "ERR_INVALID_ARG_TYPE");
        const { pipe, pipeOptions } = use("web/streams/pipe");
        const given = pipeOptions(options);
        const target = writableOf(destination);
        if (core.isLocked(record)) throw fail(TypeError, "a stream that is locked cannot be piped", "ERR_INVALID_STATE");
        if (target.writer !== undefined) throw fail(TypeError, "the destination is locked", "ERR_INVALID_STATE");
        return pipe(record, target, given);
      });
    }

    tee() {
      return use("web/streams/tee").tee(this.#record).map(wrap);
    }

    values(options = undefined) {
      const record = this.#record;
      const { preventCancel } = dictionary(options);
      return iterate(core.makeReader(record, "default"), Boolean(preventCancel));
    }
  }
  alias(ReadableStream, Symbol.asyncIterator, "values");
  finish(ReadableStream, {
    shown: (stream) => {
      const { state, controller } = recordOf(stream);
      return { locked: stream.locked, state, supportsBYOB: controller?.kind === "byte" };
    },
  });
  readers.know(recordOf);

  const wrap = (record) => new ReadableStream(MADE, record);

  function sourceOf(source) {
    const { autoAllocateChunkSize, cancel, pull, start, type } = dictionary(source);
    return {
      autoAllocateChunkSize: autoAllocateChunkSize === undefined ? undefined : integer(autoAllocateChunkSize, { bits: 64, enforce: true, what: "autoAllocateChunkSize" }),
      cancel: cancel === undefined ? undefined : callable(cancel, "cancel"),
      pull: pull === undefined ? undefined : callable(pull, "pull"),
      start: start === undefined ? undefined : callable(start, "start"),
      type: type === undefined ? undefined : choice(type, ["bytes"], "type"),
    };
  }

  // A stream of the host's own.
  function create(start, pull, cancel, highWaterMark = 1, size = () => 1) {
    const record = core.makeStream();
    chunks.setUp(record, start, { pull, cancel, size }, highWaterMark);
    return record;
  }

  // A stream of bytes from `pull(controller)` and `cancel(reason)`, as `type: "bytes"` makes it.
  function fromSource(source, highWaterMark) {
    return new ReadableStream(source, { highWaterMark });
  }

  function iteratorOf(iterable) {
    if (iterable === undefined || iterable === null) throw new TypeError("what a stream is made from must be iterable");
    let method = iterable[Symbol.asyncIterator];
    const isAsync = method !== undefined && method !== null;
    if (!isAsync) method = iterable[Symbol.iterator];
    if (typeof method !== "function") throw fail(TypeError, "what a stream is made from must be iterable", "ERR_ARG_NOT_ITERABLE");
    const iterator = apply(method, iterable, []);
    if (!isObject(iterator)) throw new TypeError("the iterator must be an object");
    return { iterator, isAsync, next: iterator.next };
  }

  // Results of an iterator that is not asynchronous: what is in them is awaited.
  function awaited(result) {
    if (!isObject(result)) throw new TypeError("the result of an iterator must be an object");
    const { done } = result;
    return promiseThen(resolvedWith(result.value), (value) => ({ done, value }));
  }

  function from(iterable) {
    const { iterator, isAsync, next } = iteratorOf(iterable);
    let record;
    const pull = () => {
      const result = promised(() => {
        const given = apply(next, iterator, []);
        return isAsync ? resolvedWith(given) : awaited(given);
      });
      return promiseThen(result, (result) => {
        if (!isObject(result)) throw new TypeError("the result of an iterator must be an object");
        if (result.done) chunks.close(record.controller);
        else chunks.enqueue(record.controller, result.value);
      });
    };
    const cancel = (reason) => promised(() => {
      const method = iterator.return;
      if (method === undefined || method === null) return resolvedWith(undefined);
      const given = apply(callable(method, "return"), iterator, [reason]);
      return promiseThen(isAsync ? resolvedWith(given) : awaited(given), (result) => {
        if (!isObject(result)) throw new TypeError("the result of an iterator must be an object");
      });
    });
    record = create(() => undefined, pull, cancel, 0);
    return wrap(record);
  }

  const states = new WeakMap();
  const iteratorPrototype = Object.create(Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype));
  const methods = {
    next() {
      const state = states.get(this);
      if (state === undefined) return rejectedWith(new TypeError("this is not an iterator of a ReadableStream"));
      return inTurn(state, () => nextOf(state));
    },
    return(value = undefined) {
      const state = states.get(this);
      if (state === undefined) return rejectedWith(new TypeError("this is not an iterator of a ReadableStream"));
      return inTurn(state, () => endOf(state, value));
    },
  };
  Object.defineProperty(methods.return, "length", { value: 1 });
  for (const key of ["next", "return"]) {
    Object.defineProperty(iteratorPrototype, key, { value: methods[key], writable: true, enumerable: true, configurable: true });
  }

  function iterate(reader, preventCancel) {
    const iterator = Object.create(iteratorPrototype);
    states.set(iterator, { reader, preventCancel, ongoing: undefined, finished: false });
    return iterator;
  }

  // Calls that overlap wait for each other.
  function inTurn(state, step) {
    state.ongoing = state.ongoing === undefined ? step() : promiseThen(state.ongoing, step, step);
    return state.ongoing;
  }

  const END = Symbol("end of iteration");

  function nextOf(state) {
    if (state.finished) return resolvedWith({ value: undefined, done: true });
    const { reader } = state;
    const result = deferred();
    core.read(reader, {
      chunk: (value) => result.resolve({ value, done: false }),
      close: () => {
        core.release(reader);
        result.resolve(END);
      },
      error: (reason) => {
        core.release(reader);
        result.reject(reason);
      },
    });
    return promiseThen(result.promise, (next) => {
      state.ongoing = undefined;
      if (next !== END) return next;
      state.finished = true;
      return { value: undefined, done: true };
    }, (reason) => {
      state.ongoing = undefined;
      state.finished = true;
      throw reason;
    });
  }

  function endOf(state, value) {
    if (state.finished) return resolvedWith({ value, done: true });
    state.finished = true;
    const { reader } = state;
    let done;
    if (state.preventCancel) {
      core.release(reader);
      done = resolvedWith(undefined);
    } else {
      done = core.cancel(reader.stream, value);
      core.release(reader);
    }
    return promiseThen(done, () => ({ value, done: true }));
  }

  return { ReadableStream, create, fromSource, isReadable, recordOf, wrap };
};
