() => {
  const { setTimeout: after, setImmediate: soon, setInterval: every, clearTimeout, clearInterval, clearImmediate } = globalThis;

  function waits(signal, start, stop) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return void reject(aborted(signal));
      const timer = start(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      function abort() {
        stop(timer);
        reject(aborted(signal));
      }
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  function aborted(signal) {
    const error = new Error("The operation was aborted", { cause: signal.reason });
    error.name = "AbortError";
    error.code = "ABORT_ERR";
    return error;
  }

  const setTimeout = (delay, value, { signal, ref = true } = {}) =>
    waits(signal, (done) => {
      const timer = after(done, delay);
      return ref ? timer : timer.unref();
    }, clearTimeout).then(() => value);
  const setImmediate = (value, { signal } = {}) => waits(signal, (done) => soon(done), clearImmediate).then(() => value);

  async function* setInterval(delay, value, { signal } = {}) {
    if (signal?.aborted) throw aborted(signal);
    let [ticks, wake] = [0, () => {}];
    const timer = every(() => { ticks += 1; wake(); }, delay);
    const abort = () => wake();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      while (true) {
        if (ticks === 0 && !signal?.aborted) await new Promise((resolve) => { wake = resolve; });
        if (signal?.aborted) throw aborted(signal);
        for (; ticks > 0; ticks--) yield value;
      }
    } finally {
      clearInterval(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  const scheduler = { wait: (delay, options) => setTimeout(delay, undefined, options), yield: () => setImmediate() };
  return { setTimeout, setImmediate, setInterval, scheduler };
};
