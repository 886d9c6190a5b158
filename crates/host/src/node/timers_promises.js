(native, use) => {
  const { invalidType, validateNumber } = use("node/errors");
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

  // The options, or why there are none.
  function checked(options = {}) {
    if (options === null || typeof options !== "object") throw invalidType("options", "of type object", options);
    const { signal, ref = true } = options;
    if (signal !== undefined && (signal === null || typeof signal !== "object" || !("aborted" in signal))) throw invalidType("options.signal", "an instance of AbortSignal", signal);
    if (typeof ref !== "boolean") throw invalidType("options.ref", "of type boolean", ref);
    return { signal, ref };
  }

  async function setTimeout(delay, value, options) {
    if (delay !== undefined) validateNumber(delay, "delay");
    const { signal, ref } = checked(options);
    await waits(signal, (done) => {
      const timer = after(done, delay);
      return ref ? timer : timer.unref();
    }, clearTimeout);
    return value;
  }

  async function setImmediate(value, options) {
    await waits(checked(options).signal, (done) => soon(done), clearImmediate);
    return value;
  }

  async function* setInterval(delay, value, options) {
    if (delay !== undefined) validateNumber(delay, "delay");
    const { signal } = checked(options);
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
