// `ReadableStreamDefaultController`: a queue of chunks of any kind.
(_, use) => {
  const { finish, promiseThen, resolvedWith } = use("web/idl");
  const { MADE, Queue, algorithm, madeOnly } = use("web/streams/common");
  const core = use("web/streams/core");

  class ReadableStreamDefaultController {
    #record;

    constructor(token = undefined, record = undefined) {
      madeOnly(token);
      this.#record = record;
    }

    get desiredSize() { return desiredSize(this.#record); }

    close() {
      const record = this.#record;
      if (!canClose(record)) throw new TypeError("the stream cannot be closed: it is closed already or has failed");
      close(record);
    }

    enqueue(chunk = undefined) {
      const record = this.#record;
      if (!canClose(record)) throw new TypeError("the stream takes no chunk: it is closed or has failed");
      enqueue(record, chunk);
    }

    error(reason = undefined) { error(this.#record, reason); }
  }
  finish(ReadableStreamDefaultController);

  class Controller {
    kind = "default";
    queue = new Queue();
    started = false;
    closeRequested = false;
    pullAgain = false;
    pulling = false;
    public = new ReadableStreamDefaultController(MADE, this);

    // Fields, since assignments would call setters that a program has given `Object.prototype`.
    stream;
    pull;
    cancel;
    size;
    highWaterMark;

    constructor(stream, { pull, cancel, size }, highWaterMark) {
      this.stream = stream;
      this.pull = pull;
      this.cancel = cancel;
      this.size = size;
      this.highWaterMark = highWaterMark;
    }

    cancelSteps(reason) {
      this.queue.clear();
      const result = this.cancel(reason);
      clear(this);
      return result;
    }

    pullSteps(request) {
      const { queue, stream } = this;
      if (queue.length === 0) {
        stream.reader.requests.push(request);
        callPull(this);
        return;
      }
      const chunk = queue.shift();
      if (this.closeRequested && queue.length === 0) {
        clear(this);
        core.close(stream);
      } else {
        callPull(this);
      }
      request.chunk(chunk);
    }

    releaseSteps() {}
  }

  // What a stream that is over must not keep alive.
  function clear(controller) {
    controller.pull = controller.cancel = controller.size = undefined;
  }

  function setUp(stream, start, algorithms, highWaterMark) {
    const controller = new Controller(stream, algorithms, highWaterMark);
    stream.controller = controller;
    const begun = resolvedWith(start(controller));
    promiseThen(begun, () => {
      controller.started = true;
      callPull(controller);
    }, (reason) => error(controller, reason));
  }

  function setUpFrom(stream, source, { start, pull, cancel }, highWaterMark, size) {
    const begin = start === undefined ? () => undefined : (controller) => Reflect.apply(start, source, [controller.public]);
    const [pulls, cancels] = [algorithm(source, pull), algorithm(source, cancel)];
    setUp(stream, begin, { pull: (controller) => pulls(controller.public), cancel: cancels, size }, highWaterMark);
  }

  const { desiredSize, isOpen: canClose } = core;
  const callPull = (controller) => core.callPull(controller, error);

  function close(controller) {
    if (!canClose(controller)) return;
    controller.closeRequested = true;
    if (controller.queue.length > 0) return;
    clear(controller);
    core.close(controller.stream);
  }

  function enqueue(controller, chunk) {
    if (!canClose(controller)) return;
    const { stream, queue } = controller;
    if (core.isLocked(stream) && core.requestsOf(stream) > 0) {
      core.fulfill(stream, chunk, false);
    } else {
      try {
        // A size that ends the stream takes itself away.
        const { size } = controller;
        queue.push(chunk, size(chunk));
      } catch (reason) {
        error(controller, reason);
        throw reason;
      }
    }
    callPull(controller);
  }

  function error(controller, reason) {
    if (controller.stream.state !== "readable") return;
    controller.queue.clear();
    clear(controller);
    core.error(controller.stream, reason);
  }

  const hasBackpressure = (controller) => !core.shouldPull(controller);

  return { ReadableStreamDefaultController, canClose, close, desiredSize, enqueue, error, hasBackpressure, setUp, setUpFrom };
};
