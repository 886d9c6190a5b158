// `pipeTo`: chunks go from a readable stream to a writable one as long as that has room.
(_, use) => {
  const { deferred, dictionary, fail, handled, ignore, promiseThen, resolvedWith } = use("web/idl");
  const core = use("web/streams/core");
  const { acquire } = use("web/streams/readers");
  const writables = use("web/streams/writable");
  const { isSignal, reasonOf, whenAborted } = use("web/abort");
  const defer = globalThis.queueMicrotask;

  function pipeOptions(options) {
    const { preventAbort, preventCancel, preventClose, signal } = dictionary(options);
    if (signal !== undefined && !isSignal(signal)) throw fail(TypeError, "the option signal must be an AbortSignal", "ERR_INVALID_ARG_TYPE");
    return { preventAbort: Boolean(preventAbort), preventCancel: Boolean(preventCancel), preventClose: Boolean(preventClose), signal };
  }

  class Pipe {
    shuttingDown = false;
    done = deferred();
    // The last write, and how many are under way.
    lastWrite = resolvedWith(undefined);
    forget = ignore;

    source;
    target;
    options;
    reader;
    writer;

    constructor(source, target, options) {
      this.source = source;
      this.target = target;
      this.options = options;
      this.reader = acquire(source);
      this.writer = writables.makeWriter(target);
      source.disturbed = true;
    }

    start() {
      const { signal } = this.options;
      if (signal !== undefined) {
        if (signal.aborted) {
          this.aborted();
          return this.done.promise;
        }
        this.forget = whenAborted(signal, () => this.aborted());
      }
      this.watch();
      this.step();
      return this.done.promise;
    }

    aborted() {
      const { signal, preventAbort, preventCancel } = this.options;
      const reason = reasonOf(signal);
      const { source, target } = this;
      this.shutDown(() => {
        const all = [];
        if (!preventAbort) all.push(target.state === "writable" ? writables.abort(target, reason) : resolvedWith(undefined));
        if (!preventCancel) all.push(source.state === "readable" ? core.cancel(source, reason) : resolvedWith(undefined));
        return Promise.all(all);
      }, { reason });
    }

    // What ends either stream from outside ends the pipe. Ends come forward before they come backward.
    watch() {
      const { source, target, reader, writer } = this;
      if (source.state === "errored") this.sourceFailed();
      else promiseThen(reader.closed.promise, ignore, () => this.sourceFailed());
      if (target.state === "erroring" || target.state === "errored") this.targetFailed();
      else promiseThen(writer.closed.promise, ignore, () => this.targetFailed());
      if (source.state === "closed") this.sourceClosed();
      else promiseThen(reader.closed.promise, () => this.sourceClosed(), ignore);
      if (writables.isClosing(target) || target.state === "closed") this.targetClosed();
    }

    sourceFailed() {
      const { source, target } = this;
      const reason = source.error;
      this.shutDown(this.options.preventAbort ? undefined : () => writables.abort(target, reason), { reason });
    }

    targetFailed() {
      const { source, target } = this;
      const reason = target.error;
      this.shutDown(this.options.preventCancel ? undefined : () => core.cancel(source, reason), { reason });
    }

    sourceClosed() {
      this.shutDown(this.options.preventClose ? undefined : () => writables.closeWithErrors(this.writer));
    }

    targetClosed() {
      const reason = new TypeError("the destination was closed before the source had ended");
      this.shutDown(this.options.preventCancel ? undefined : () => core.cancel(this.source, reason), { reason });
    }

    // Reads a chunk when there is room for it, writes it, and so on.
    step() {
      if (this.shuttingDown) return;
      promiseThen(this.writer.ready.promise, () => {
        if (this.shuttingDown) return;
        this.readAll();
      }, ignore);
    }

    readAll() {
      const { reader, writer } = this;
      core.read(reader, {
        chunk: (chunk) => defer(() => {
          this.lastWrite = handled(writables.write(writer, chunk));
          this.step();
        }),
        close: ignore,
        error: ignore,
      });
    }

    // Once: waits for what has been read to be written, acts, and lets both streams go.
    shutDown(action, failure) {
      if (this.shuttingDown) return;
      this.shuttingDown = true;
      const { target } = this;
      const act = () => {
        if (action === undefined) {
          this.finish(failure);
          return;
        }
        promiseThen(action(), () => this.finish(failure), (reason) => this.finish({ reason }));
      };
      if (target.state === "writable" && !writables.isClosing(target)) promiseThen(this.written(), act);
      else act();
    }

    // All writes, also one that is begun meanwhile.
    written() {
      const { lastWrite } = this;
      const settled = promiseThen(lastWrite, ignore, ignore);
      return promiseThen(settled, () => (lastWrite === this.lastWrite ? undefined : this.written()));
    }

    finish(failure) {
      writables.release(this.writer);
      core.release(this.reader);
      this.forget();
      if (failure === undefined) this.done.resolve(undefined);
      else this.done.reject(failure.reason);
    }
  }

  return { pipe: (source, target, options) => new Pipe(source, target, options).start(), pipeOptions };
};
