// `WritableStream`, its writer and its controller.
(_, use) => {
  const { apply, callable, deferred, dictionary, fail, finish, handled, isObject, need, promised, promiseThen, rejectedWith, resolvedWith } = use("web/idl");
  const { MADE, Queue, algorithm, highWaterMarkOf, madeOnly, sizeOf, strategyOf } = use("web/streams/common");
  const { AbortController, abort: abortSignal } = use("web/abort");

  // A promise of a writer's, which must be known to be settled.
  function tracked() {
    const { promise, resolve, reject } = deferred();
    const result = {
      promise, isSettled: false,
      resolve(value) { result.isSettled = true; resolve(value); },
      reject(reason) { result.isSettled = true; reject(reason); },
    };
    return result;
  }

  // In the queue it stands for the end.
  const CLOSE = Symbol("close");

  let recordOf, isWritable;

  class WritableStream {
    #record;

    static {
      isWritable = (value) => isObject(value) && #record in value;
      recordOf = (stream) => {
        if (!isWritable(stream)) throw fail(TypeError, "what is given must be a WritableStream", "ERR_INVALID_ARG_TYPE");
        return stream.#record;
      };
    }

    constructor(sink = undefined, strategy = undefined) {
      if (sink === MADE) {
        this.#record = strategy;
        strategy.public = this;
        return;
      }
      if (sink !== undefined && !isObject(sink)) throw fail(TypeError, "the sink must be an object", "ERR_INVALID_ARG_TYPE");
      const given = strategyOf(strategy);
      const functions = sinkOf(sink);
      this.#record = makeStream();
      this.#record.public = this;
      const size = sizeOf(given);
      setUpFrom(this.#record, sink, functions, highWaterMarkOf(given, 1), size);
    }

    get locked() { return this.#record.writer !== undefined; }

    abort(reason = undefined) {
      return promised(() => {
        const record = this.#record;
        if (record.writer !== undefined) throw fail(TypeError, "a stream that is locked cannot be aborted", "ERR_INVALID_STATE");
        return abort(record, reason);
      });
    }

    close() {
      return promised(() => {
        const record = this.#record;
        if (record.writer !== undefined) throw fail(TypeError, "a stream that is locked cannot be closed", "ERR_INVALID_STATE");
        if (isClosing(record)) throw fail(TypeError, "the stream is being closed already", "ERR_INVALID_STATE");
        return close(record);
      });
    }

    getWriter() {
      this.#record;
      return new WritableStreamDefaultWriter(this);
    }
  }
  finish(WritableStream, { shown: (stream) => ({ locked: stream.locked, state: recordOf(stream).state }) });

  function sinkOf(sink) {
    const { abort, close, start, type, write } = dictionary(sink);
    if (type !== undefined) throw new RangeError("a sink has no type");
    const functions = { abort, close, start, write };
    for (const name of Object.keys(functions)) if (functions[name] !== undefined) callable(functions[name], name);
    return functions;
  }

  const makeStream = () => ({
    state: "writable", error: undefined, writer: undefined, controller: undefined, public: undefined, requests: new Queue(),
    writing: undefined, closeRequest: undefined, closing: undefined, pendingAbort: undefined, backpressure: false,
  });

  // A stream of the host's own.
  function create(start, { write, close, abort }, highWaterMark = 1, size = () => 1) {
    const record = makeStream();
    setUp(record, start, { write, close, abort, size }, highWaterMark);
    return record;
  }

  const wrap = (record) => new WritableStream(MADE, record);

  class WritableStreamDefaultController {
    #record;

    constructor(token = undefined, record = undefined) {
      madeOnly(token);
      this.#record = record;
    }

    get signal() { return this.#record.abortController.signal; }

    error(reason = undefined) {
      const record = this.#record;
      if (record.stream.state === "writable") error(record, reason);
    }
  }
  finish(WritableStreamDefaultController);

  function setUp(stream, start, { write, close, abort, size }, highWaterMark) {
    const controller = { stream, write, close, abort, size, highWaterMark, queue: new Queue(), started: false, abortController: new AbortController(), public: undefined };
    controller.public = new WritableStreamDefaultController(MADE, controller);
    stream.controller = controller;
    updateBackpressure(stream, hasBackpressure(controller));
    promiseThen(resolvedWith(start(controller)), () => {
      controller.started = true;
      advance(controller);
    }, (reason) => {
      controller.started = true;
      dealWithRejection(stream, reason);
    });
  }

  function setUpFrom(stream, sink, { start, write, close, abort }, highWaterMark, size) {
    const begin = start === undefined ? () => undefined : (controller) => apply(start, sink, [controller.public]);
    const writes = algorithm(sink, write);
    setUp(stream, begin, {
      write: (chunk, controller) => writes(chunk, controller.public), close: algorithm(sink, close), abort: algorithm(sink, abort), size,
    }, highWaterMark);
  }

  function clear(controller) {
    controller.write = controller.close = controller.abort = controller.size = undefined;
  }

  const desiredSizeOf = ({ highWaterMark, queue }) => highWaterMark - queue.total;
  const hasBackpressure = (controller) => desiredSizeOf(controller) <= 0;
  const isClosing = ({ closeRequest, closing }) => closeRequest !== undefined || closing !== undefined;

  function abort(stream, reason) {
    if (stream.state === "closed" || stream.state === "errored") return resolvedWith(undefined);
    abortSignal(stream.controller.abortController.signal, reason);
    const { state } = stream;
    if (state === "closed" || state === "errored") return resolvedWith(undefined);
    if (stream.pendingAbort !== undefined) return stream.pendingAbort.promise;
    const wasErroring = state === "erroring";
    const pending = deferred();
    stream.pendingAbort = { ...pending, reason: wasErroring ? undefined : reason, wasErroring };
    if (!wasErroring) startErroring(stream, reason);
    return pending.promise;
  }

  function close(stream) {
    const { state, writer } = stream;
    if (state === "closed" || state === "errored") {
      return rejectedWith(fail(TypeError, `the stream is ${state} and cannot be closed`, "ERR_INVALID_STATE"));
    }
    const request = deferred();
    stream.closeRequest = request;
    if (writer !== undefined && stream.backpressure && state === "writable") writer.ready.resolve(undefined);
    stream.controller.queue.push(CLOSE, 0);
    advance(stream.controller);
    return request.promise;
  }

  function dealWithRejection(stream, reason) {
    if (stream.state === "writable") startErroring(stream, reason);
    else finishErroring(stream);
  }

  function startErroring(stream, reason) {
    stream.state = "erroring";
    stream.error = reason;
    if (stream.writer !== undefined) rejectWith(stream.writer, "ready", reason);
    if (stream.writing === undefined && stream.closing === undefined && stream.controller.started) finishErroring(stream);
  }

  function finishErroring(stream) {
    stream.state = "errored";
    stream.controller.queue.clear();
    const { requests } = stream;
    while (requests.length > 0) requests.shift().reject(stream.error);
    const pending = stream.pendingAbort;
    if (pending === undefined) {
      rejectCloseAndClosed(stream);
      return;
    }
    stream.pendingAbort = undefined;
    if (pending.wasErroring) {
      pending.reject(stream.error);
      rejectCloseAndClosed(stream);
      return;
    }
    const done = stream.controller.abort(pending.reason);
    clear(stream.controller);
    promiseThen(done, () => {
      pending.resolve(undefined);
      rejectCloseAndClosed(stream);
    }, (reason) => {
      pending.reject(reason);
      rejectCloseAndClosed(stream);
    });
  }

  function rejectCloseAndClosed(stream) {
    if (stream.closeRequest !== undefined) {
      stream.closeRequest.reject(stream.error);
      stream.closeRequest = undefined;
    }
    if (stream.writer === undefined) return;
    stream.writer.closed.reject(stream.error);
    handled(stream.writer.closed.promise);
  }

  function updateBackpressure(stream, backpressure) {
    const { writer } = stream;
    if (writer !== undefined && backpressure !== stream.backpressure) {
      if (backpressure) writer.ready = tracked();
      else writer.ready.resolve(undefined);
    }
    stream.backpressure = backpressure;
  }

  // Writes the next chunk, or closes, if nothing is under way.
  function advance(controller) {
    const { stream, queue } = controller;
    if (!controller.started || stream.writing !== undefined) return;
    if (stream.state === "closed" || stream.state === "errored") return;
    if (stream.state === "erroring") {
      finishErroring(stream);
      return;
    }
    if (queue.length === 0) return;
    const { value } = queue.first;
    if (value === CLOSE) processClose(controller);
    else processWrite(controller, value);
  }

  function processClose(controller) {
    const { stream, queue } = controller;
    stream.closing = stream.closeRequest;
    stream.closeRequest = undefined;
    queue.shift();
    const done = controller.close();
    clear(controller);
    promiseThen(done, () => finishClose(stream), (reason) => {
      stream.closing.reject(reason);
      stream.closing = undefined;
      if (stream.pendingAbort !== undefined) {
        stream.pendingAbort.reject(reason);
        stream.pendingAbort = undefined;
      }
      dealWithRejection(stream, reason);
    });
  }

  function finishClose(stream) {
    stream.closing.resolve(undefined);
    stream.closing = undefined;
    if (stream.state === "erroring") {
      stream.error = undefined;
      if (stream.pendingAbort !== undefined) {
        stream.pendingAbort.resolve(undefined);
        stream.pendingAbort = undefined;
      }
    }
    stream.state = "closed";
    stream.writer?.closed.resolve(undefined);
  }

  function processWrite(controller, chunk) {
    const { stream, queue } = controller;
    stream.writing = stream.requests.shift();
    promiseThen(controller.write(chunk, controller), () => {
      stream.writing.resolve(undefined);
      stream.writing = undefined;
      queue.shift();
      if (!isClosing(stream) && stream.state === "writable") updateBackpressure(stream, hasBackpressure(controller));
      advance(controller);
    }, (reason) => {
      if (stream.state === "writable") clear(controller);
      stream.writing.reject(reason);
      stream.writing = undefined;
      dealWithRejection(stream, reason);
    });
  }

  function error(controller, reason) {
    clear(controller);
    startErroring(controller.stream, reason);
  }

  function errorIfNeeded(controller, reason) {
    if (controller.stream.state === "writable") error(controller, reason);
  }

  class WritableStreamDefaultWriter {
    #record;

    constructor(stream) {
      need(arguments.length, 1, "WritableStreamDefaultWriter");
      this.#record = makeWriter(recordOf(stream));
      this.#record.public = this;
    }

    get closed() { return promised(() => this.#record.closed.promise); }
    get ready() { return promised(() => this.#record.ready.promise); }

    get desiredSize() {
      const { stream } = this.#record;
      if (stream === undefined) throw fail(TypeError, "the writer was released", "ERR_INVALID_STATE");
      if (stream.state === "errored" || stream.state === "erroring") return null;
      return stream.state === "closed" ? 0 : desiredSizeOf(stream.controller);
    }

    abort(reason = undefined) {
      return promised(() => {
        const { stream } = this.#record;
        return stream === undefined ? released() : abort(stream, reason);
      });
    }

    close() {
      return promised(() => {
        const { stream } = this.#record;
        if (stream === undefined) return released();
        if (isClosing(stream)) throw fail(TypeError, "the stream is being closed already", "ERR_INVALID_STATE");
        return close(stream);
      });
    }

    releaseLock() { release(this.#record); }

    write(chunk = undefined) {
      return promised(() => {
        const record = this.#record;
        return record.stream === undefined ? released() : write(record, chunk);
      });
    }
  }
  finish(WritableStreamDefaultWriter);

  const released = () => rejectedWith(fail(TypeError, "the writer was released", "ERR_INVALID_STATE"));

  function makeWriter(stream) {
    if (stream.writer !== undefined) throw fail(TypeError, "the stream is locked to a writer", "ERR_INVALID_STATE");
    const writer = { stream, closed: tracked(), ready: tracked(), public: undefined };
    stream.writer = writer;
    const { state } = stream;
    if (state === "erroring" || state === "errored") {
      writer.ready.reject(stream.error);
      handled(writer.ready.promise);
    } else if (state === "closed" || isClosing(stream) || !stream.backpressure) {
      writer.ready.resolve(undefined);
    }
    if (state === "closed") writer.closed.resolve(undefined);
    if (state === "errored") {
      writer.closed.reject(stream.error);
      handled(writer.closed.promise);
    }
    return writer;
  }

  // A promise that is settled already cannot be rejected: then there is another one.
  function rejectWith(writer, key, reason) {
    if (writer[key].isSettled) writer[key] = tracked();
    writer[key].reject(reason);
    handled(writer[key].promise);
  }

  function write(writer, chunk) {
    const { stream } = writer;
    const { controller } = stream;
    let size = 1;
    try {
      if (controller.size !== undefined) size = controller.size(chunk);
    } catch (reason) {
      errorIfNeeded(controller, reason);
    }
    if (writer.stream !== stream) throw fail(TypeError, "the writer was released", "ERR_INVALID_STATE");
    const { state } = stream;
    if (state === "errored") return rejectedWith(stream.error);
    if (isClosing(stream) || state === "closed") return rejectedWith(fail(TypeError, "the stream is closed and takes no chunk", "ERR_INVALID_STATE"));
    if (state === "erroring") return rejectedWith(stream.error);
    const request = deferred();
    stream.requests.push(request);
    try {
      controller.queue.push(chunk, size);
    } catch (reason) {
      errorIfNeeded(controller, reason);
      return request.promise;
    }
    if (!isClosing(stream) && stream.state === "writable") updateBackpressure(stream, hasBackpressure(controller));
    advance(controller);
    return request.promise;
  }

  // For pipes: does not fail where the stream is closed already.
  function closeWithErrors(writer) {
    const { stream } = writer;
    if (isClosing(stream) || stream.state === "closed") return resolvedWith(undefined);
    if (stream.state === "errored") return rejectedWith(stream.error);
    return close(stream);
  }

  function release(writer) {
    const { stream } = writer;
    if (stream === undefined) return;
    const reason = fail(TypeError, "the writer was released", "ERR_INVALID_STATE");
    rejectWith(writer, "ready", reason);
    rejectWith(writer, "closed", reason);
    stream.writer = undefined;
    writer.stream = undefined;
  }

  return {
    WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter,
    abort, closeWithErrors, create, desiredSizeOf, errorIfNeeded, isClosing, isWritable, makeWriter, recordOf, release, wrap, write,
  };
};
