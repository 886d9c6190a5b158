// `node:stream`: its parts are `stream_*.js`.
(native, use) => {
  const { Stream, marks, withSignal } = use("node/stream_common");
  const { Readable } = use("node/stream_readable");
  const { Writable } = use("node/stream_writable");
  const { Duplex, PassThrough, Transform, compose } = use("node/stream_duplex");
  const { duplexPair, eos, finished, pipeline, run } = use("node/stream_ends");

  const promises = {
    finished,
    pipeline: (...parts) => new Promise((resolve, reject) => {
      const last = parts.at(-1);
      const isOptions = last !== null && typeof last === "object" && !(last instanceof Stream) && typeof last[Symbol.asyncIterator] !== "function" && typeof last[Symbol.iterator] !== "function";
      const options = isOptions ? parts.pop() : {};
      run(parts, (error, value) => (error ? reject(error) : resolve(value)), options);
    }),
  };

  return Object.assign(Stream, {
    Stream, Readable, Writable, Duplex, Transform, PassThrough, finished: eos, pipeline, compose, duplexPair, promises,
    addAbortSignal: (signal, stream) => { withSignal(stream, signal); return stream; },
    destroy: (stream, error) => stream.destroy(error),
    getDefaultHighWaterMark: (objectMode) => (objectMode ? marks.objects : marks.bytes),
    setDefaultHighWaterMark: (objectMode, value) => { if (!objectMode) marks.bytes = value; },
    isDisturbed: (stream) => Boolean(stream?._readableState?.didRead || stream?.readableAborted),
    isErrored: (stream) => Boolean(stream?.errored),
    isReadable: (stream) => (stream instanceof Readable ? stream.readable : null),
    isWritable: (stream) => (stream?._writableState ? stream.writable : null),
    isDestroyed: (stream) => Boolean(stream?.destroyed),
  });
};
