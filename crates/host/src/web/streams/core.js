// Readable streams and their readers as records: what controllers, readers, pipes and tees are built on.
(_, use) => {
  const { deferred, handled, ignore, promiseThen, rejectedWith, resolvedWith } = use("web/idl");
  const { Queue } = use("web/streams/common");

  const makeStream = () => ({ state: "readable", error: undefined, reader: undefined, controller: undefined, disturbed: false, public: undefined });

  const isLocked = (stream) => stream.reader !== undefined;

  function close(stream) {
    stream.state = "closed";
    const { reader } = stream;
    if (reader === undefined) return;
    reader.closed.resolve(undefined);
    if (reader.kind !== "default") return;
    const { requests } = reader;
    reader.requests = new Queue();
    while (requests.length > 0) requests.shift().close();
  }

  function error(stream, reason) {
    stream.state = "errored";
    stream.error = reason;
    const { reader } = stream;
    if (reader === undefined) return;
    reader.closed.reject(reason);
    handled(reader.closed.promise);
    refuse(reader, reason);
  }

  // Tells those who wait for a chunk that there is none.
  function refuse(reader, reason) {
    const { requests } = reader;
    reader.requests = new Queue();
    while (requests.length > 0) requests.shift().error(reason);
  }

  function cancel(stream, reason) {
    stream.disturbed = true;
    if (stream.state === "closed") return resolvedWith(undefined);
    if (stream.state === "errored") return rejectedWith(stream.error);
    close(stream);
    const { reader } = stream;
    if (reader?.kind === "byob") {
      const { requests } = reader;
      reader.requests = new Queue();
      while (requests.length > 0) requests.shift().close(undefined);
    }
    return promiseThen(stream.controller.cancelSteps(reason), ignore);
  }

  const requestsOf = (stream) => stream.reader.requests.length;
  const hasReader = (stream, kind) => stream.reader?.kind === kind;

  // A chunk for the one who waits longest.
  function fulfill(stream, chunk, done) {
    const request = stream.reader.requests.shift();
    if (done) request.close(chunk);
    else request.chunk(chunk);
  }

  // Whether a controller takes more.
  const isOpen = ({ closeRequested, stream }) => !closeRequested && stream.state === "readable";

  function desiredSize({ stream, highWaterMark, queue }) {
    if (stream.state === "errored") return null;
    return stream.state === "closed" ? 0 : highWaterMark - queue.total;
  }

  function shouldPull(controller) {
    const { stream } = controller;
    if (!isOpen(controller) || !controller.started) return false;
    if (isLocked(stream) && requestsOf(stream) > 0) return true;
    return desiredSize(controller) > 0;
  }

  // Asks a source for more where that is wanted, once at a time; `failed` gets the controller, and why it cannot.
  function callPull(controller, failed) {
    if (!shouldPull(controller)) return;
    if (controller.pulling) {
      controller.pullAgain = true;
      return;
    }
    controller.pulling = true;
    promiseThen(controller.pull(controller), () => {
      controller.pulling = false;
      if (controller.pullAgain) {
        controller.pullAgain = false;
        callPull(controller, failed);
      }
    }, (reason) => failed(controller, reason));
  }

  function makeReader(stream, kind) {
    if (isLocked(stream)) throw new TypeError("the stream is locked to a reader");
    if (kind === "byob" && stream.controller.kind !== "byte") throw new TypeError("only a stream of bytes has readers with buffers of their own");
    const reader = { kind, stream, closed: deferred(), requests: new Queue(), public: undefined };
    stream.reader = reader;
    if (stream.state === "closed") reader.closed.resolve(undefined);
    if (stream.state === "errored") {
      reader.closed.reject(stream.error);
      handled(reader.closed.promise);
    }
    return reader;
  }

  function read(reader, request) {
    const { stream } = reader;
    stream.disturbed = true;
    if (stream.state === "closed") request.close();
    else if (stream.state === "errored") request.error(stream.error);
    else stream.controller.pullSteps(request);
  }

  function release(reader) {
    const { stream } = reader;
    if (stream === undefined) return;
    const reason = new TypeError("the reader was released");
    if (stream.state === "readable") reader.closed.reject(reason);
    else {
      reader.closed = deferred();
      reader.closed.reject(reason);
    }
    handled(reader.closed.promise);
    stream.controller.releaseSteps();
    stream.reader = undefined;
    reader.stream = undefined;
    refuse(reader, new TypeError("the reader was released while it waited"));
  }

  return {
    callPull, cancel, close, desiredSize, error, fulfill, hasReader, isLocked, isOpen, makeReader, makeStream, read, release, requestsOf,
    shouldPull,
  };
};
