// `EventEmitter`, and what the host makes of it: `process`, its two streams.
//
// `host` has what only the host can do: `complain(line)`, `write(fd, stringOrBytes)`.
(host) => {
  const wellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
  const { apply } = Reflect;
  // From an emitter to its listeners: for each event a set of `{ listener, once, fired }`, oldest first.
  const all = new WeakMap();

  function failure(Class, code, message) {
    return Object.assign(new Class(message), { code });
  }

  function EventEmitter() {}

  function add(emitter, event, listener, once, first = false) {
    if (typeof listener !== "function") {
      throw failure(TypeError, "ERR_INVALID_ARG_TYPE", `a listener must be a function, not ${typeof listener}`);
    }
    if (emitter instanceof Process && /^SIG[A-Z]/.test(String(event))) {
      host.complain(`Warning: process.on('${event}'): signals are not passed to programs`);
    }
    if (!all.has(emitter)) all.set(emitter, new Map());
    const events = all.get(emitter);
    const entry = { listener, once, fired: false };
    const others = events.get(event) ?? new Set();
    events.set(event, first ? new Set([entry, ...others]) : others.add(entry));
    return emitter;
  }

  function remove(emitter, event, entry) {
    const events = all.get(emitter);
    const entries = events?.get(event);
    entries?.delete(entry);
    if (entries?.size === 0) events.delete(event);
  }

  const entriesOf = (emitter, event) => [...(all.get(emitter)?.get(event) ?? [])];

  const methods = {
    on(event, listener) { return add(this, event, listener, false); },
    once(event, listener) { return add(this, event, listener, true); },
    prependListener(event, listener) { return add(this, event, listener, false, true); },
    prependOnceListener(event, listener) { return add(this, event, listener, true, true); },
    off(event, listener) {
      remove(this, event, entriesOf(this, event).findLast((entry) => entry.listener === listener));
      return this;
    },
    removeAllListeners(event) {
      if (event === undefined) all.delete(this);
      else all.get(this)?.delete(event);
      return this;
    },
    emit(event, ...args) {
      const entries = entriesOf(this, event);
      for (const entry of entries) {
        if (entry.fired) continue;
        if (entry.once) {
          entry.fired = true;
          remove(this, event, entry);
        }
        apply(entry.listener, this, args);
      }
      if (entries.length === 0 && event === "error") {
        throw args[0] instanceof Error ? args[0] : failure(Error, "ERR_UNHANDLED_ERROR", `unhandled error: ${args[0]}`);
      }
      return entries.length > 0;
    },
    listeners(event) { return entriesOf(this, event).map((entry) => entry.listener); },
    listenerCount(event) { return all.get(this)?.get(event)?.size ?? 0; },
    eventNames() { return [...(all.get(this)?.keys() ?? [])]; },
  };
  methods.addListener = methods.on;
  methods.removeListener = methods.off;
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(EventEmitter.prototype, name, { value, writable: true, configurable: true });
  }

  class Process extends EventEmitter {}

  // A stream that has written everything when `write` returns; so it needs no `drain` and no corks.
  class WriteStream extends EventEmitter {
    constructor(fd, isTTY) {
      super();
      Object.assign(this, { fd, isTTY, writable: true });
    }

    write(data, encoding, done) {
      if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
      if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
        throw failure(TypeError, "ERR_INVALID_ARG_TYPE", `what is written must be a string or a view, not ${typeof data}`);
      }
      const error = this.writable ? undefined : failure(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end");
      const written = error === undefined && host.write(this.fd, bytesOf(data, encoding));
      if (done !== undefined) process.nextTick(done, error ?? null);
      if (error !== undefined) process.nextTick(() => this.emit("error", error));
      return written;
    }

    end(data, encoding, done) {
      if (typeof data === "function") [data, done] = [undefined, data];
      if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
      if (data !== undefined && data !== null) this.write(data, encoding);
      const first = this.writable;
      this.writable = false;
      if (done !== undefined) process.nextTick(done);
      if (first) process.nextTick(() => this.emit("finish"));
      return this;
    }
  }

  function bytesOf(data, encoding) {
    if (typeof data !== "string") return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return encoding === undefined || /^utf-?8$/i.test(encoding) ? wellFormed(data) : Buffer.from(data, encoding);
  }

  const process = new Process();
  return { process, emit: process.emit.bind(process), WriteStream };
};
