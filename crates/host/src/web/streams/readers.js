// `ReadableStreamDefaultReader` and `ReadableStreamBYOBReader`.
(_, use) => {
  const { deferred, dictionary, fail, finish, integer, isObject, need, promised, rejectedWith } = use("web/idl");
  const { byteLengthOf, isDetached } = use("web/streams/common");
  const core = use("web/streams/core");
  const bytes = use("web/streams/byte_controller");

  const released = (what) => rejectedWith(fail(TypeError, `the reader was released and cannot ${what}`, "ERR_INVALID_STATE"));

  // Requests that settle a promise.
  function settling({ resolve, reject }) {
    return {
      chunk: (value) => resolve({ value, done: false }),
      close: (value) => resolve({ value, done: true }),
      error: reject,
    };
  }

  function cancel(record, reason) {
    if (record.stream === undefined) return released("cancel");
    return core.cancel(record.stream, reason);
  }

  // `record(stream)` of what may be one; set by the class of streams.
  let streamOf;

  class ReadableStreamDefaultReader {
    #record;

    constructor(stream) {
      need(arguments.length, 1, "ReadableStreamDefaultReader");
      this.#record = core.makeReader(streamOf(stream), "default");
      this.#record.public = this;
    }

    get closed() {
      return promised(() => this.#record.closed.promise);
    }

    cancel(reason = undefined) {
      return promised(() => cancel(this.#record, reason));
    }

    read() {
      return promised(() => {
        const record = this.#record;
        if (record.stream === undefined) return released("read");
        const result = deferred();
        core.read(record, settling(result));
        return result.promise;
      });
    }

    releaseLock() { core.release(this.#record); }
  }
  finish(ReadableStreamDefaultReader);

  class ReadableStreamBYOBReader {
    #record;

    constructor(stream) {
      need(arguments.length, 1, "ReadableStreamBYOBReader");
      this.#record = core.makeReader(streamOf(stream), "byob");
      this.#record.public = this;
    }

    get closed() {
      return promised(() => this.#record.closed.promise);
    }

    cancel(reason = undefined) {
      return promised(() => cancel(this.#record, reason));
    }

    read(view, options = undefined) {
      return promised(() => {
        const record = this.#record;
        need(arguments.length, 1, "read");
        const least = checkView(view, dictionary(options));
        if (record.stream === undefined) return released("read");
        const result = deferred();
        readInto(record, view, least, settling(result));
        return result.promise;
      });
    }

    releaseLock() { core.release(this.#record); }
  }
  finish(ReadableStreamBYOBReader);

  // How many elements are wanted at least.
  function checkView(view, { min }) {
    const least = min === undefined ? 1 : integer(min, { bits: 64, enforce: true, what: "min" });
    if (!isObject(view) || !ArrayBuffer.isView(view)) throw fail(TypeError, "what is read into must be a view of an ArrayBuffer", "ERR_INVALID_ARG_TYPE");
    if (view.byteLength === 0) throw fail(TypeError, "the view must have bytes", "ERR_INVALID_STATE");
    if (byteLengthOf(view.buffer) === 0 || isDetached(view.buffer)) throw fail(TypeError, "the buffer of the view must have bytes", "ERR_INVALID_STATE");
    if (least === 0) throw new TypeError("min must be greater than 0");
    const length = view instanceof DataView ? view.byteLength : view.length;
    if (least > length) throw new RangeError("min must not be greater than the view");
    return least;
  }

  function readInto(record, view, least, request) {
    const { stream } = record;
    stream.disturbed = true;
    if (stream.state === "errored") request.error(stream.error);
    else bytes.pullIntoView(stream.controller, view, least, request);
  }

  // A reader that no program sees.
  const acquire = (stream) => core.makeReader(stream, "default");
  const acquireBYOB = (stream) => core.makeReader(stream, "byob");

  return { ReadableStreamBYOBReader, ReadableStreamDefaultReader, acquire, acquireBYOB, readInto, settling, know: (f) => { streamOf = f; } };
};
