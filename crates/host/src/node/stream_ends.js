// When streams of `node:stream` end, and how they are joined: `finished`, `pipeline`, `duplexPair`.
(native, use) => {
  const { fail, make, invalidType, validateFunction, abortError } = use("node/errors");
  const { Stream, isOver, withSignal } = use("node/stream_common");
  const { Readable, iterate } = use("node/stream_readable");
  const { Writable } = use("node/stream_writable");
  const { Duplex, joined } = use("node/stream_duplex");
  const { nextTick } = process;

  function eos(stream, options, callback) {
    if (typeof stream?.on !== "function") throw use("node/errors").invalidType("stream", "an instance of ReadableStream, WritableStream, or Stream", stream);
    if (typeof options === "function") [options, callback] = [{}, options];
    validateFunction(callback, "callback");
    const readable = options?.readable ?? (stream._readableState !== undefined && stream._readableState.readable !== false);
    const writable = options?.writable ?? (stream._writableState !== undefined && stream._writableState.writable !== false);
    const { _readableState: r, _writableState: w } = stream;
    let called = false;
    const done = (error) => {
      if (called) return;
      called = true;
      if (error) callback.call(stream, error);
      else callback.call(stream);
    };
    let [readOver, writeOver] = [!readable || r?.endEmitted === true, !writable || w?.finished === true];
    const check = () => { if (readOver && writeOver) done(); };
    // Where the stream closes by itself, that is the end.
    const closes = [r, w].filter(Boolean).every((side) => side.autoDestroy && side.emitClose && !side.closed) && readable === stream instanceof Readable && writable === (w !== undefined);
    const over = () => { if (!closes || stream.destroyed) check(); };
    const onEnd = () => { readOver = true; over(); };
    const onFinish = () => { writeOver = true; over(); };
    const onError = (error) => done(error);
    const onClose = () => {
      const error = r?.errored ?? w?.errored;
      if (error) return void done(error);
      if (readable && !readOver && !r?.endEmitted) return void done(make(Error, "ERR_STREAM_PREMATURE_CLOSE", "Premature close"));
      if (writable && !writeOver && !w?.finished) return void done(make(Error, "ERR_STREAM_PREMATURE_CLOSE", "Premature close"));
      done();
    };
    stream.on("end", onEnd);
    stream.on("finish", onFinish);
    if (options?.error !== false) stream.on("error", onError);
    stream.on("close", onClose);
    if (r?.closeEmitted || w?.closeEmitted || (r?.closed ?? w?.closed)) nextTick(onClose);
    else if (r?.errorEmitted || w?.errorEmitted) nextTick(() => done(r?.errored ?? w?.errored));
    else if (readOver && writeOver) nextTick(check);
    const stop = () => {
      called = true;
      stream.removeListener("end", onEnd);
      stream.removeListener("finish", onFinish);
      stream.removeListener("error", onError);
      stream.removeListener("close", onClose);
    };
    const { signal } = options ?? {};
    if (signal) {
      const abort = () => { const inner = callback; stop(); inner.call(stream, abortError(signal)); };
      if (signal.aborted) nextTick(abort);
      else signal.addEventListener("abort", abort, { once: true });
    }
    return stop;
  }

  function finished(stream, options) {
    return new Promise((resolve, reject) => eos(stream, options ?? {}, (error) => (error ? reject(error) : resolve())));
  }

  function pipeline(...parts) {
    const callback = parts.pop();
    if (typeof callback !== "function") throw use("node/errors").invalidType("streams[stream.length - 1]", "of type function", callback);
    return run(parts, callback, {});
  }

  // Streams of the Web as those of Node; what can be no part of a pipeline is an error.
  function ofWeb(part, i) {
    if (part instanceof globalThis.WritableStream) return Writable.fromWeb(part);
    if (part?.writable instanceof globalThis.WritableStream && part.readable instanceof globalThis.ReadableStream) return joined(Writable.fromWeb(part.writable), Readable.fromWeb(part.readable, { objectMode: true }));
    const isStream = typeof part === "function" || typeof part?.pipe === "function" || typeof part?.write === "function";
    const isSource = i === 0 && part !== null && part !== undefined && (typeof part[Symbol.asyncIterator] === "function" || typeof part[Symbol.iterator] === "function");
    if (isStream || isSource) return part;
    throw invalidType("body", "of type function or an instance of Blob, ReadableStream, WritableStream, Stream, Iterable, AsyncIterable, or Promise or { readable, writable } pair", part);
  }

  function run(given, callback, { signal, end = true }) {
    const parts = Array.isArray(given[0]) && given.length === 1 ? [...given[0]] : [...given];
    if (parts.length < 2) fail(TypeError, "ERR_MISSING_ARGS", "The \"streams\" argument must be specified");
    parts.forEach((part, i) => { parts[i] = ofWeb(part, i); });
    const all = [];
    let [left, failure, value, over] = [0, undefined, undefined, false];
    const oneDone = (error) => {
      if (error && (failure === undefined || failure.code === "ERR_STREAM_PREMATURE_CLOSE")) failure = error;
      left -= 1;
      if (error) for (const stream of all) if (!isOver(stream)) stream.destroy(error);
      if (left === 0 && !over) {
        over = true;
        nextTick(callback, failure, value);
      }
    };
    let at;
    parts.forEach((part, i) => {
      const isLast = i === parts.length - 1;
      if (typeof part === "function") {
        const result = i === 0 ? part({ signal }) : part(at instanceof Readable ? iterate(at) : at, { signal });
        if (isLast && typeof result?.then === "function") {
          left += 1;
          result.then((given) => { value = given; oneDone(); }, oneDone);
          at = result;
          return;
        }
        if (isLast) {
          left += 1;
          const sink = Readable.from(result);
          all.push(sink);
          watch(sink, { writable: false });
          sink.resume();
          left -= 1;
          at = sink;
          return;
        }
        at = result;
        return;
      }
      if (part instanceof Stream || typeof part?.pipe === "function" || typeof part?.write === "function") {
        all.push(part);
        if (i > 0) {
          const source = at instanceof Readable ? at : Readable.from(at);
          if (source !== at) { all.push(source); watch(source, { writable: false }); }
          const ends = end || !isLast;
          source.pipe(part, { end: ends });
          if (!ends) {
            left += 1;
            source.once("end", () => oneDone());
          }
        }
        watch(part, { readable: i === 0 || !isLast ? part instanceof Readable : false, writable: i > 0 && (end || !isLast) });
        at = part;
        return;
      }
      at = part;
    });
    function watch(stream, options) {
      left += 1;
      eos(stream, options, oneDone);
    }
    if (signal) {
      const abort = () => { for (const stream of all) stream.destroy(abortError(signal)); };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    }
    return at;
  }

  // Two streams: what is written to either is read from the other.
  function duplexPair(options) {
    const waiting = [null, null];
    const sides = [0, 1].map((side) => new Duplex({
      ...options,
      read() {
        const done = waiting[side];
        waiting[side] = null;
        done?.();
      },
      write(chunk, encoding, done) {
        if (chunk.length === 0) return void nextTick(done);
        sides[1 - side].push(chunk);
        waiting[1 - side] = done;
      },
      final(done) {
        sides[1 - side].on("end", done);
        sides[1 - side].push(null);
      },
    }));
    return sides;
  }

  return { duplexPair, eos, finished, pipeline, run };
};
