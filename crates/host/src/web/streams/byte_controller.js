// `ReadableByteStreamController`: a queue of bytes, or bytes written where a reader wants them.
(_, use) => {
  const { fail, finish, integer, isObject, need, promiseThen, resolvedWith } = use("web/idl");
  const { MADE, Queue, algorithm, byteLengthOf, isDetached, madeOnly, slice, transfer } = use("web/streams/common");
  const core = use("web/streams/core");

  class ReadableStreamBYOBRequest {
    #record;

    constructor(token = undefined, record = undefined) {
      madeOnly(token);
      this.#record = record;
    }

    get view() { return this.#record.view; }

    respond(bytesWritten) {
      const record = this.#record;
      need(arguments.length, 1, "respond");
      const count = integer(bytesWritten, { bits: 64, enforce: true, what: "the number of bytes" });
      if (record.controller === undefined) throw new TypeError("the request has been answered");
      if (isDetached(record.view.buffer)) throw new TypeError("the buffer of the request is detached");
      respond(record.controller, count);
    }

    respondWithNewView(view) {
      const record = this.#record;
      need(arguments.length, 1, "respondWithNewView");
      if (!ArrayBuffer.isView(view)) throw fail(TypeError, "the view must be a view of an ArrayBuffer", "ERR_INVALID_ARG_TYPE");
      if (record.controller === undefined) throw new TypeError("the request has been answered");
      if (isDetached(view.buffer)) throw new TypeError("the buffer of the view is detached");
      respondWithNewView(record.controller, view);
    }
  }
  finish(ReadableStreamBYOBRequest);

  class ReadableByteStreamController {
    #record;

    constructor(token = undefined, record = undefined) {
      madeOnly(token);
      this.#record = record;
    }

    get byobRequest() { return requestOf(this.#record); }
    get desiredSize() { return desiredSize(this.#record); }

    close() {
      const record = this.#record;
      if (record.closeRequested || record.stream.state !== "readable") throw new TypeError("the stream cannot be closed: it is closed already or has failed");
      close(record);
    }

    enqueue(chunk) {
      const record = this.#record;
      need(arguments.length, 1, "enqueue");
      if (!isObject(chunk) || !ArrayBuffer.isView(chunk)) throw fail(TypeError, "a chunk must be a view of an ArrayBuffer", "ERR_INVALID_ARG_TYPE");
      if (chunk.byteLength === 0) throw new TypeError("a chunk must have bytes");
      if (byteLengthOf(chunk.buffer) === 0) throw new TypeError("the buffer of a chunk must have bytes");
      if (record.closeRequested || record.stream.state !== "readable") throw new TypeError("the stream takes no chunk: it is closed or has failed");
      enqueue(record, chunk);
    }

    error(reason = undefined) { error(this.#record, reason); }
  }
  finish(ReadableByteStreamController);

  class Controller {
    kind = "byte";
    queue = new Queue();
    started = false;
    closeRequested = false;
    pullAgain = false;
    pulling = false;
    request = undefined;
    pendingPullIntos = [];
    public = new ReadableByteStreamController(MADE, this);

    // Fields, since assignments would call setters that a program has given `Object.prototype`.
    stream;
    pull;
    cancel;
    highWaterMark;
    autoAllocate;

    constructor(stream, { pull, cancel }, highWaterMark, autoAllocate) {
      this.stream = stream;
      this.pull = pull;
      this.cancel = cancel;
      this.highWaterMark = highWaterMark;
      this.autoAllocate = autoAllocate;
    }

    cancelSteps(reason) {
      clearPending(this);
      this.queue.clear();
      const result = this.cancel(reason);
      clear(this);
      return result;
    }

    pullSteps(request) {
      const { stream } = this;
      if (this.queue.total > 0) {
        fillFromQueue(this, request);
        return;
      }
      const size = this.autoAllocate;
      if (size !== undefined) {
        let buffer;
        try {
          buffer = new ArrayBuffer(size);
        } catch (reason) {
          request.error(reason);
          return;
        }
        this.pendingPullIntos.push(pullInto(buffer, 0, size, 1, 1, Uint8Array, "default"));
      }
      stream.reader.requests.push(request);
      callPull(this);
    }

    releaseSteps() {
      const first = this.pendingPullIntos[0];
      if (first === undefined) return;
      first.reader = "none";
      this.pendingPullIntos = [first];
    }
  }

  const pullInto = (buffer, byteOffset, byteLength, minimum, elementSize, View, reader) =>
    ({ buffer, bufferLength: byteLengthOf(buffer), byteOffset, byteLength, filled: 0, minimum, elementSize, View, reader });

  function clear(controller) {
    controller.pull = controller.cancel = undefined;
  }

  function clearPending(controller) {
    invalidateRequest(controller);
    controller.pendingPullIntos = [];
  }

  function invalidateRequest(controller) {
    if (controller.request === undefined) return;
    controller.request.controller = undefined;
    controller.request.view = null;
    controller.request = undefined;
  }

  function requestOf(controller) {
    const first = controller.pendingPullIntos[0];
    if (controller.request === undefined && first !== undefined) {
      const view = new Uint8Array(first.buffer, first.byteOffset + first.filled, first.byteLength - first.filled);
      controller.request = { controller, view };
      controller.request.public = new ReadableStreamBYOBRequest(MADE, controller.request);
    }
    return controller.request?.public ?? null;
  }

  function setUp(stream, start, algorithms, highWaterMark, autoAllocate) {
    const controller = new Controller(stream, algorithms, highWaterMark, autoAllocate);
    stream.controller = controller;
    promiseThen(resolvedWith(start(controller)), () => {
      controller.started = true;
      callPull(controller);
    }, (reason) => error(controller, reason));
  }

  function setUpFrom(stream, source, { start, pull, cancel, autoAllocateChunkSize }, highWaterMark) {
    const begin = start === undefined ? () => undefined : (controller) => Reflect.apply(start, source, [controller.public]);
    const [pulls, cancels] = [algorithm(source, pull), algorithm(source, cancel)];
    if (autoAllocateChunkSize === 0) throw new TypeError("autoAllocateChunkSize must be greater than 0");
    setUp(stream, begin, { pull: (controller) => pulls(controller.public), cancel: cancels }, highWaterMark, autoAllocateChunkSize);
  }

  const { desiredSize } = core;
  const callPull = (controller) => core.callPull(controller, error);

  function close(controller) {
    if (controller.closeRequested || controller.stream.state !== "readable") return;
    if (controller.queue.total > 0) {
      controller.closeRequested = true;
      return;
    }
    const first = controller.pendingPullIntos[0];
    if (first !== undefined && first.filled % first.elementSize !== 0) {
      const reason = new TypeError("the stream was closed within an element of a view");
      error(controller, reason);
      throw reason;
    }
    clear(controller);
    core.close(controller.stream);
  }

  function error(controller, reason) {
    if (controller.stream.state !== "readable") return;
    clearPending(controller);
    controller.queue.clear();
    clear(controller);
    core.error(controller.stream, reason);
  }

  function enqueue(controller, chunk) {
    const { stream } = controller;
    if (controller.closeRequested || stream.state !== "readable") return;
    const { buffer, byteOffset, byteLength } = chunk;
    if (isDetached(buffer)) throw new TypeError("the buffer of a chunk must not be detached");
    const moved = transfer(buffer);
    const first = controller.pendingPullIntos[0];
    if (first !== undefined) {
      if (isDetached(first.buffer)) throw new TypeError("the buffer of a request that waits is detached");
      invalidateRequest(controller);
      first.buffer = transfer(first.buffer);
      if (first.reader === "none") enqueueDetached(controller, first);
    }
    if (core.hasReader(stream, "default")) {
      while (core.requestsOf(stream) > 0 && controller.queue.total > 0) fillFromQueue(controller, stream.reader.requests.shift());
      if (core.requestsOf(stream) === 0) {
        enqueueChunk(controller, moved, byteOffset, byteLength);
      } else {
        if (controller.pendingPullIntos.length > 0) controller.pendingPullIntos.shift();
        core.fulfill(stream, new Uint8Array(moved, byteOffset, byteLength), false);
      }
    } else if (core.hasReader(stream, "byob")) {
      enqueueChunk(controller, moved, byteOffset, byteLength);
      for (const filled of fillPending(controller)) commit(stream, filled);
    } else {
      enqueueChunk(controller, moved, byteOffset, byteLength);
    }
    callPull(controller);
  }

  const enqueueChunk = (controller, buffer, byteOffset, byteLength) =>
    controller.queue.push({ buffer, byteOffset, byteLength }, byteLength);

  function enqueueClone(controller, buffer, byteOffset, byteLength) {
    let copy;
    try {
      copy = slice(buffer, byteOffset, byteOffset + byteLength);
    } catch (reason) {
      error(controller, reason);
      throw reason;
    }
    enqueueChunk(controller, copy, 0, byteLength);
  }

  // What a reader that is gone has left in a buffer.
  function enqueueDetached(controller, first) {
    if (first.filled > 0) enqueueClone(controller, first.buffer, first.byteOffset, first.filled);
    controller.pendingPullIntos.shift();
  }

  function fillFromQueue(controller, request) {
    const { buffer, byteOffset, byteLength } = controller.queue.shift();
    drained(controller);
    request.chunk(new Uint8Array(buffer, byteOffset, byteLength));
  }

  // After bytes were taken from the queue: is it the end, or are more wanted?
  function drained(controller) {
    if (controller.queue.total === 0 && controller.closeRequested) {
      clear(controller);
      core.close(controller.stream);
    } else {
      callPull(controller);
    }
  }

  // Fills as much as there is; true if that is enough.
  function fill(controller, into) {
    const { queue } = controller;
    const most = Math.min(queue.total, into.byteLength - into.filled);
    const end = into.filled + most;
    const aligned = end - (end % into.elementSize);
    const isReady = aligned >= into.minimum;
    let left = isReady ? aligned - into.filled : most;
    while (left > 0) {
      const head = queue.first.value;
      const count = Math.min(left, head.byteLength);
      new Uint8Array(into.buffer, into.byteOffset + into.filled, count).set(new Uint8Array(head.buffer, head.byteOffset, count));
      if (head.byteLength === count) {
        queue.shift();
      } else {
        head.byteOffset += count;
        head.byteLength -= count;
        queue.first.size -= count;
        queue.total -= count;
      }
      into.filled += count;
      left -= count;
    }
    return isReady;
  }

  function fillPending(controller) {
    const filled = [];
    while (controller.pendingPullIntos.length > 0 && controller.queue.total > 0) {
      if (!fill(controller, controller.pendingPullIntos[0])) break;
      filled.push(shiftPending(controller));
    }
    return filled;
  }

  function shiftPending(controller) {
    invalidateRequest(controller);
    return controller.pendingPullIntos.shift();
  }

  function viewOf(into) {
    const buffer = transfer(into.buffer);
    return new into.View(buffer, into.byteOffset, into.filled / into.elementSize);
  }

  function commit(stream, into) {
    const done = stream.state === "closed";
    core.fulfill(stream, viewOf(into), done);
  }

  // A reader wants bytes in a buffer of its own.
  function pullIntoView(controller, view, least, request) {
    const { stream } = controller;
    const isDataView = Object.prototype.toString.call(view) === "[object DataView]";
    const elementSize = isDataView ? 1 : view.BYTES_PER_ELEMENT;
    const View = isDataView ? DataView : typedArrays[typedName(view)];
    const { byteOffset, byteLength } = view;
    let buffer;
    try {
      buffer = transfer(view.buffer);
    } catch (reason) {
      request.error(reason);
      return;
    }
    const into = pullInto(buffer, byteOffset, byteLength, least * elementSize, elementSize, View, "byob");
    if (controller.pendingPullIntos.length > 0) {
      controller.pendingPullIntos.push(into);
      stream.reader.requests.push(request);
      return;
    }
    if (stream.state === "closed") {
      request.close(new View(into.buffer, into.byteOffset, 0));
      return;
    }
    if (controller.queue.total > 0) {
      if (fill(controller, into)) {
        const filled = viewOf(into);
        drained(controller);
        request.chunk(filled);
        return;
      }
      if (controller.closeRequested) {
        const reason = new TypeError("the stream was closed within an element of a view");
        error(controller, reason);
        request.error(reason);
        return;
      }
    }
    controller.pendingPullIntos.push(into);
    stream.reader.requests.push(request);
    callPull(controller);
  }

  const typedArrays = Object.fromEntries(
    [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, globalThis.Float16Array]
      .filter((type) => type !== undefined).map((type) => [type.name, type]));
  const typedTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
  const typedName = (view) => Reflect.apply(typedTag, view, []);

  function respond(controller, count) {
    const first = controller.pendingPullIntos[0];
    if (controller.stream.state === "closed") {
      if (count !== 0) throw new TypeError("a stream that is closed takes no bytes");
    } else {
      if (count === 0) throw new TypeError("a stream that is open wants bytes");
      if (first.filled + count > first.byteLength) throw new RangeError("more bytes were written than there was room for");
    }
    first.buffer = transfer(first.buffer);
    respondTo(controller, count);
  }

  function respondWithNewView(controller, view) {
    const first = controller.pendingPullIntos[0];
    if (controller.stream.state === "closed") {
      if (view.byteLength !== 0) throw new TypeError("a stream that is closed takes no bytes");
    } else if (view.byteLength === 0) {
      throw new TypeError("a stream that is open wants bytes");
    }
    if (first.byteOffset + first.filled !== view.byteOffset) throw new RangeError("the view must begin where the request's does");
    if (first.bufferLength !== byteLengthOf(view.buffer)) throw new RangeError("the buffer of the view must be as long as the request's");
    if (first.filled + view.byteLength > first.byteLength) throw new RangeError("the view is longer than the request's");
    const { byteLength } = view;
    first.buffer = transfer(view.buffer);
    respondTo(controller, byteLength);
  }

  function respondTo(controller, count) {
    const first = controller.pendingPullIntos[0];
    invalidateRequest(controller);
    if (controller.stream.state === "closed") respondClosed(controller, first);
    else respondReadable(controller, count, first);
    callPull(controller);
  }

  function respondClosed(controller, first) {
    if (first.reader === "none") shiftPending(controller);
    const { stream } = controller;
    if (!core.hasReader(stream, "byob")) return;
    const filled = [];
    while (filled.length < core.requestsOf(stream)) filled.push(shiftPending(controller));
    for (const into of filled) commit(stream, into);
  }

  function respondReadable(controller, count, first) {
    first.filled += count;
    if (first.reader === "none") {
      enqueueDetached(controller, first);
      for (const into of fillPending(controller)) commit(controller.stream, into);
      return;
    }
    if (first.filled < first.minimum) return;
    shiftPending(controller);
    const rest = first.filled % first.elementSize;
    if (rest > 0) {
      const end = first.byteOffset + first.filled;
      enqueueClone(controller, first.buffer, end - rest, rest);
    }
    first.filled -= rest;
    const filled = fillPending(controller);
    commit(controller.stream, first);
    for (const into of filled) commit(controller.stream, into);
  }

  return { ReadableByteStreamController, ReadableStreamBYOBRequest, close, enqueue, error, pullIntoView, requestOf, respond, respondWithNewView, setUp, setUpFrom };
};
