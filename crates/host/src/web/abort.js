// `AbortController` and `AbortSignal`, by the DOM standard.
(_, use) => {
  const { DOMException, fail, finish, handler, isObject, need } = use("web/idl");
  const { Event, EventTarget, fire, listen, listenersOf } = use("web/events");
  const { setTimeout } = globalThis;
  const MADE = Symbol("made by the host");

  let stateOf, isSignal;

  // A signal out of others (`any`) keeps those alive, and they it as long as somebody waits for it.
  class AbortSignal extends EventTarget {
    #state = { aborted: false, reason: undefined, algorithms: new Set(), dependents: new Set(), awaited: new Set(), sources: undefined };

    static {
      stateOf = (signal) => signal.#state;
      isSignal = (value) => isObject(value) && #state in value;
    }

    constructor(token = undefined) {
      if (token !== MADE) throw fail(TypeError, "Illegal constructor", "ERR_ILLEGAL_CONSTRUCTOR");
      super();
    }

    static abort(reason = undefined) {
      const signal = new AbortSignal(MADE);
      Object.assign(stateOf(signal), { aborted: true, reason: reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason });
      return signal;
    }

    static timeout(milliseconds) {
      need(arguments.length, 1, "AbortSignal.timeout");
      use("node/errors").validateInteger(milliseconds, "delay", 0, 2 ** 32 - 1);
      const delay = milliseconds;
      const signal = new AbortSignal(MADE);
      const expire = () => abort(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError"));
      // A timer of the longest time and the rest later would be more than anybody waits for.
      if (delay <= 2 ** 31 - 1) setTimeout(expire, delay).unref?.();
      return signal;
    }

    static any(signals) {
      need(arguments.length, 1, "AbortSignal.any");
      if (!isObject(signals) || typeof signals[Symbol.iterator] !== "function") {
        throw fail(TypeError, "the signals must be iterable", "ERR_INVALID_ARG_TYPE");
      }
      const all = [...signals];
      for (const signal of all) if (!isSignal(signal)) throw fail(TypeError, "a signal must be an AbortSignal", "ERR_INVALID_ARG_TYPE");
      return dependent(all);
    }

    get aborted() { return this.#state.aborted; }
    get reason() { return this.#state.reason; }
    throwIfAborted() { if (this.#state.aborted) throw this.#state.reason; }
  }
  handler(AbortSignal, "abort", listen);
  finish(AbortSignal, { shown: ["aborted"] });

  function dependent(signals) {
    const result = new AbortSignal(MADE);
    const state = stateOf(result);
    const first = signals.find((signal) => stateOf(signal).aborted);
    if (first !== undefined) {
      Object.assign(state, { aborted: true, reason: stateOf(first).reason });
      return result;
    }
    // Of a signal that depends on others itself, those count.
    state.sources = new Set(signals.flatMap((signal) => { const { sources } = stateOf(signal); return sources === undefined ? [signal] : [...sources]; }));
    const weak = new WeakRef(result);
    for (const source of state.sources) {
      stateOf(source).dependents.add(weak);
      gone.register(result, { dependents: stateOf(source).dependents, weak });
    }
    listenersOf(result).changed = () => hold(result);
    return result;
  }

  const gone = new FinalizationRegistry(({ dependents, weak }) => dependents.delete(weak));

  // Whether anybody waits for a signal decides whether its sources keep it alive.
  function hold(signal) {
    const { sources, algorithms } = stateOf(signal);
    const isAwaited = algorithms.size > 0 || listenersOf(signal).byType.has("abort");
    for (const source of sources ?? []) {
      if (isAwaited) stateOf(source).awaited.add(signal);
      else stateOf(source).awaited.delete(signal);
    }
  }

  // All signals know why they are aborted before anybody is told.
  function abort(signal, reason) {
    const state = stateOf(signal);
    if (state.aborted) return;
    Object.assign(state, { aborted: true, reason: reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason });
    const others = [...state.dependents].map((weak) => weak.deref()).filter((other) => other !== undefined && !stateOf(other).aborted);
    for (const other of others) Object.assign(stateOf(other), { aborted: true, reason: state.reason });
    for (const each of [signal, ...others]) run(each);
    state.dependents.clear();
    state.awaited.clear();
  }

  function run(signal) {
    const { algorithms } = stateOf(signal);
    const all = [...algorithms];
    algorithms.clear();
    for (const algorithm of all) algorithm();
    fire(signal, new Event("abort"));
  }

  // Calls `f` when the signal is aborted, before its listeners; gives what takes that back.
  function whenAborted(signal, f) {
    const { aborted, algorithms } = stateOf(signal);
    if (aborted) return () => {};
    algorithms.add(f);
    hold(signal);
    return () => {
      algorithms.delete(f);
      hold(signal);
    };
  }

  class AbortController {
    #signal = new AbortSignal(MADE);
    get signal() { return this.#signal; }
    abort(reason = undefined) { abort(this.#signal, reason); }
  }
  finish(AbortController, { shown: ["signal"] });

  return { AbortController, AbortSignal, abort, isSignal, makeSignal: () => new AbortSignal(MADE), reasonOf: (signal) => stateOf(signal).reason, whenAborted };
};
