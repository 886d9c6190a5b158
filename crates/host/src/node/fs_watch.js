// `watch`, `watchFile` and `unwatchFile` of `node:fs`.
(native, use) => {
  const EventEmitter = use("node/events");
  const { describe } = use("node/file_classes");
  const { absent, abortError, invalidType, validateFunction } = use("node/errors");
  const { basename } = use("node/path");

  class FSWatcher extends EventEmitter {
    #watcher;

    // For `watch`: an error is thrown.
    begin(path, encoding) {
      const shown = (name) => {
        const given = name ?? basename(path);
        return encoding === "buffer" ? Buffer.from(given) : encoding && encoding !== "utf8" ? Buffer.from(given).toString(encoding) : given;
      };
      try {
        this.#watcher = native.watch((what, value) => {
          if (what === "error") return void this.emit("error", describe(value, "watch", path));
          this.emit("change", what, shown(value));
        }, path);
      } catch (error) {
        const described = describe(error, "watch", path);
        throw Object.assign(described, { filename: path });
      }
    }

    close() {
      if (this.#watcher === undefined) return;
      this.#watcher.close();
      this.#watcher = undefined;
      process.nextTick(() => this.emit("close"));
    }

    ref() { this.#watcher?.hold(true); return this; }
    unref() { this.#watcher?.hold(false); return this; }
    start() {}
  }
  Object.defineProperty(FSWatcher.prototype, "begin", { enumerable: false });

  function watch(path, options, listener) {
    if (typeof options === "function") [options, listener] = [{}, options];
    const given = typeof options === "string" ? { encoding: options } : options ?? {};
    if (given.recursive) absent("fs", "watch of whole trees")();
    const watcher = new FSWatcher();
    if (listener !== undefined) watcher.on("change", listener);
    watcher.begin(path, given.encoding);
    if (given.persistent === false) watcher.unref();
    if (given.signal) {
      const close = () => watcher.close();
      if (given.signal.aborted) process.nextTick(close);
      else given.signal.addEventListener("abort", close, { once: true });
    }
    return watcher;
  }

  async function* watchAsync(path, options = {}) {
    const { signal } = options;
    if (signal?.aborted) throw abortError(signal);
    const [waiting, most] = [[], options.maxQueue ?? 2048];
    let [wake, failure] = [() => {}, undefined];
    const watcher = watch(path, { ...options, signal: undefined }, (eventType, filename) => {
      if (waiting.length < most) waiting.push({ eventType, filename });
      wake();
    });
    const fail = (error) => { failure = error; wake(); };
    watcher.on("error", fail);
    const abort = () => fail(abortError(signal));
    signal?.addEventListener("abort", abort, { once: true });
    try {
      while (true) {
        if (failure !== undefined) throw failure;
        if (waiting.length > 0) yield waiting.shift();
        else await new Promise((resolve) => { wake = resolve; });
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      watcher.close();
    }
  }

  // ---- Files that are looked at now and then

  const watched = new Map();

  class StatWatcher extends EventEmitter {
    #timer;

    constructor(path, interval, persistent, stat) {
      super();
      let before = stat(path);
      this.#timer = setInterval(() => {
        const now = stat(path);
        const changed = now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino || now.ctimeMs !== before.ctimeMs;
        if (changed) this.emit("change", now, before);
        before = now;
      }, interval);
      if (!persistent) this.#timer.unref();
    }

    stop() {
      clearInterval(this.#timer);
      process.nextTick(() => this.emit("stop"));
    }
    ref() { this.#timer.ref(); return this; }
    unref() { this.#timer.unref(); return this; }
  }

  function watchFile(path, options, listener, stat) {
    if (typeof options === "function") [options, listener] = [{}, options];
    if (typeof listener !== "function") throw invalidType("listener", "of type function", listener);
    const { interval = 5007, persistent = true } = options ?? {};
    if (!watched.has(path)) watched.set(path, new StatWatcher(path, interval, persistent, stat));
    const watcher = watched.get(path);
    watcher.on("change", listener);
    return watcher;
  }

  function unwatchFile(path, listener) {
    const watcher = watched.get(path);
    if (watcher === undefined) return;
    if (listener !== undefined) {
      validateFunction(listener, "listener");
      watcher.removeListener("change", listener);
    } else watcher.removeAllListeners("change");
    if (watcher.listenerCount("change") > 0) return;
    watched.delete(path);
    watcher.stop();
  }

  return { FSWatcher, watch, watchAsync, watchFile, unwatchFile };
};
