// `TransformStream`.
(_, use) => {
  const { apply, callable, deferred, dictionary, fail, finish, isObject, promiseThen, rejectedWith, resolvedWith } = use("web/idl");
  const { MADE, algorithm, highWaterMarkOf, madeOnly, sizeOf, strategyOf } = use("web/streams/common");
  const chunks = use("web/streams/default_controller");
  const readables = use("web/streams/readable");
  const writables = use("web/streams/writable");

  let recordOf;

  class TransformStream {
    #record;

    static {
      recordOf = (stream) => stream.#record;
    }

    constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
      if (transformer === MADE) {
        this.#record = writableStrategy;
        return;
      }
      if (transformer !== undefined && !isObject(transformer)) throw fail(TypeError, "the transformer must be an object", "ERR_INVALID_ARG_TYPE");
      const [writableGiven, readableGiven] = [strategyOf(writableStrategy), strategyOf(readableStrategy)];
      const functions = transformerOf(transformer);
      const readableMark = highWaterMarkOf(readableGiven, 0);
      const readableSize = sizeOf(readableGiven);
      const writableMark = highWaterMarkOf(writableGiven, 1);
      const writableSize = sizeOf(writableGiven);
      const begun = deferred();
      this.#record = initialize(begun.promise, writableMark, writableSize, readableMark, readableSize);
      const controller = setUpFrom(this.#record, transformer, functions);
      begun.resolve(functions.start === undefined ? undefined : apply(functions.start, transformer, [controller.public]));
    }

    get readable() { return this.#record.readable.public; }
    get writable() { return this.#record.writable.public; }
  }
  finish(TransformStream, { shown: (stream) => ({ readable: stream.readable, writable: stream.writable, backpressure: recordOf(stream).backpressure }) });

  function transformerOf(transformer) {
    const { cancel, flush, readableType, start, transform, writableType } = dictionary(transformer);
    if (readableType !== undefined) throw new RangeError("a transformer has no readableType");
    if (writableType !== undefined) throw new RangeError("a transformer has no writableType");
    const functions = { cancel, flush, start, transform };
    for (const name of Object.keys(functions)) if (functions[name] !== undefined) callable(functions[name], name);
    return functions;
  }

  class TransformStreamDefaultController {
    #record;

    constructor(token = undefined, record = undefined) {
      madeOnly(token);
      this.#record = record;
    }

    get desiredSize() { return chunks.desiredSize(this.#record.stream.readable.controller); }
    enqueue(chunk = undefined) { enqueue(this.#record, chunk); }
    error(reason = undefined) { error(this.#record.stream, reason); }
    terminate() { terminate(this.#record); }
  }
  finish(TransformStreamDefaultController);

  function initialize(begun, writableMark, writableSize, readableMark, readableSize) {
    const stream = { readable: undefined, writable: undefined, controller: undefined, backpressure: undefined, changed: undefined };
    const start = () => begun;
    stream.writable = writables.create(start, {
      write: (chunk) => sinkWrite(stream, chunk), close: () => sinkClose(stream), abort: (reason) => sinkAbort(stream, reason),
    }, writableMark, writableSize);
    writables.wrap(stream.writable);
    stream.readable = readables.create(start, () => sourcePull(stream), (reason) => sourceCancel(stream, reason), readableMark, readableSize);
    readables.wrap(stream.readable);
    setBackpressure(stream, true);
    return stream;
  }

  function setUp(stream, { transform, flush, cancel }) {
    const controller = { stream, transform, flush, cancel, finishing: undefined, public: undefined };
    controller.public = new TransformStreamDefaultController(MADE, controller);
    stream.controller = controller;
    return controller;
  }

  function setUpFrom(stream, transformer, { transform, flush, cancel }) {
    const transforms = algorithm(transformer, transform);
    const flushes = algorithm(transformer, flush);
    const passOn = (chunk, controller) => {
      try {
        enqueue(controller, chunk);
        return resolvedWith(undefined);
      } catch (reason) {
        return rejectedWith(reason);
      }
    };
    return setUp(stream, {
      transform: transform === undefined ? passOn : (chunk, controller) => transforms(chunk, controller.public),
      flush: (controller) => flushes(controller.public),
      cancel: algorithm(transformer, cancel),
    });
  }

  // A stream of the host's own: `transform(chunk, controller)` and `flush(controller)` may throw and need not
  // give promises.
  function create(transform, flush = () => undefined, cancel = () => undefined, readableMark = 0) {
    const stream = initialize(resolvedWith(undefined), 1, () => 1, readableMark, () => 1);
    setUp(stream, { transform: algorithm(undefined, transform), flush: algorithm(undefined, flush), cancel: algorithm(undefined, cancel) });
    return stream;
  }

  function clear(controller) {
    controller.transform = controller.flush = controller.cancel = undefined;
  }

  function setBackpressure(stream, backpressure) {
    stream.changed?.resolve(undefined);
    stream.changed = deferred();
    stream.backpressure = backpressure;
  }

  function error(stream, reason) {
    chunks.error(stream.readable.controller, reason);
    errorWritable(stream, reason);
  }

  function errorWritable(stream, reason) {
    clear(stream.controller);
    writables.errorIfNeeded(stream.writable.controller, reason);
    unblock(stream);
  }

  function unblock(stream) {
    if (stream.backpressure) setBackpressure(stream, false);
  }

  function enqueue({ stream }, chunk) {
    const { controller } = stream.readable;
    if (!chunks.canClose(controller)) throw fail(TypeError, "the readable side takes no chunk: it is closed or has failed", "ERR_INVALID_STATE");
    try {
      chunks.enqueue(controller, chunk);
    } catch (reason) {
      errorWritable(stream, reason);
      throw stream.readable.error;
    }
    const backpressure = chunks.hasBackpressure(controller);
    if (backpressure !== stream.backpressure) setBackpressure(stream, true);
  }

  function terminate({ stream }) {
    chunks.close(stream.readable.controller);
    errorWritable(stream, new TypeError("the stream was terminated"));
  }

  function perform(controller, chunk) {
    return promiseThen(controller.transform(chunk, controller), undefined, (reason) => {
      error(controller.stream, reason);
      throw reason;
    });
  }

  function sinkWrite(stream, chunk) {
    const { controller, writable } = stream;
    if (!stream.backpressure) return perform(controller, chunk);
    return promiseThen(stream.changed.promise, () => {
      if (writable.state === "erroring") throw writable.error;
      return perform(controller, chunk);
    });
  }

  // The end of both sides, once, by whichever comes first: `work` is the transformer's part; then `side`, the other
  // one, ends by `end`, or by `failed` where the work failed.
  function finishOnce(controller, work, side, end, failed) {
    if (controller.finishing !== undefined) return controller.finishing.promise;
    controller.finishing = deferred();
    const { finishing } = controller;
    const done = work();
    clear(controller);
    promiseThen(done, () => {
      if (side.state === "errored") {
        finishing.reject(side.error);
      } else {
        end();
        finishing.resolve(undefined);
      }
    }, (reason) => {
      failed(reason);
      finishing.reject(reason);
    });
    return finishing.promise;
  }

  function sinkAbort({ controller, readable }, reason) {
    const failed = (why) => chunks.error(readable.controller, why);
    return finishOnce(controller, () => controller.cancel(reason), readable, () => failed(reason), failed);
  }

  function sinkClose({ controller, readable }) {
    const failed = (why) => chunks.error(readable.controller, why);
    return finishOnce(controller, () => controller.flush(controller), readable, () => chunks.close(readable.controller), failed);
  }

  function sourcePull(stream) {
    setBackpressure(stream, false);
    return stream.changed.promise;
  }

  function sourceCancel(stream, reason) {
    const { controller, writable } = stream;
    const failed = (why) => {
      writables.errorIfNeeded(writable.controller, why);
      unblock(stream);
    };
    return finishOnce(controller, () => controller.cancel(reason), writable, () => failed(reason), failed);
  }

  // What makes a class one with the two sides of a stream of the host's own.
  class Sides {
    #stream;
    constructor(stream) { this.#stream = stream; }
    get readable() { return this.#stream.readable.public; }
    get writable() { return this.#stream.writable.public; }
  }

  return { Sides, TransformStream, TransformStreamDefaultController, create, enqueue, error, recordOf };
};
