// `node:events`.
(native, use) => {
  const { apply, ownKeys } = Reflect;
  const { fail, invalidType, isAborted, abortError, validateBoolean, validateNumber, validateObject, validateSignal } = use("node/errors");
  const errorMonitor = Symbol("events.errorMonitor");
  const captureRejectionSymbol = Symbol.for("nodejs.rejection");
  const [shapeMode, captures] = [Symbol("shapeMode"), Symbol("kCapture")];
  let [defaultMaxListeners, captureRejections] = [10, false];

  function EventEmitter(options) {
    EventEmitter.init.call(this, options);
  }

  EventEmitter.init = function (options) {
    if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
      this._events = Object.create(null);
      this._eventsCount = 0;
    }
    this._maxListeners = this._maxListeners || undefined;
    this[shapeMode] = false;
    if (options?.captureRejections === undefined) {
      this[captures] = captureRejections;
    } else {
      validateBoolean(options.captureRejections, "options.captureRejections");
      this[captures] = options.captureRejections;
    }
  };

  const define = (object, members) => {
    for (const key of ownKeys(members)) Object.defineProperty(object, key, { value: members[key], writable: true, configurable: true, enumerable: typeof key === "string" });
  };

  function checked(listener) {
    if (typeof listener !== "function") throw invalidType("listener", "of type function", listener);
  }

  // The listeners of an event are one function, an array as in Node, or, where there are many, one of these: an
  // array with gaps. A listener that fires once knows its place, so that all together cost what they are.
  const MANY = 16;
  const PLACE = Symbol("place");

  class Many {
    #entries = [];
    #gone = 0;

    constructor(list) {
      for (const listener of list) this.add(listener, false);
    }

    get length() { return this.#entries.length - this.#gone; }

    add(listener, first) {
      const entry = { owner: this, listener };
      if (PLACE in listener) listener[PLACE] = entry;
      if (first) this.#entries.unshift(entry);
      else this.#entries.push(entry);
    }

    // The youngest of its kind; gives what was there.
    remove(listener) {
      const place = listener[PLACE];
      const entry = place?.owner === this ? place : this.#entries.findLast((one) => one.listener !== undefined && (one.listener === listener || one.listener.listener === listener));
      if (entry === undefined) return undefined;
      const removed = entry.listener;
      entry.owner = entry.listener = undefined;
      this.#gone += 1;
      if (this.#gone > this.#entries.length / 2) {
        this.#entries = this.#entries.filter((one) => one.listener !== undefined);
        this.#gone = 0;
      }
      return removed;
    }

    *[Symbol.iterator]() {
      for (const { listener } of this.#entries) if (listener !== undefined) yield listener;
    }
  }

  const listOf = (emitter, event) => {
    const found = emitter._events?.[event];
    return found === undefined ? [] : typeof found === "function" ? [found] : Array.isArray(found) ? found : [...found];
  };

  const countOf = (emitter, event) => {
    const found = emitter._events?.[event];
    return found === undefined ? 0 : typeof found === "function" ? 1 : found.length;
  };

  function add(emitter, event, listener, first) {
    checked(listener);
    if (emitter._events === undefined) {
      emitter._events = Object.create(null);
      emitter._eventsCount = 0;
    } else if (emitter._events.newListener !== undefined) {
      emitter.emit("newListener", event, listener.listener ?? listener);
    }
    const existing = emitter._events[event];
    if (existing === undefined) {
      emitter._events[event] = listener;
      emitter._eventsCount += 1;
    } else if (typeof existing === "function") {
      emitter._events[event] = first ? [listener, existing] : [existing, listener];
    } else if (!Array.isArray(existing)) {
      existing.add(listener, first);
    } else if (existing.length === MANY) {
      emitter._events[event] = new Many(first ? [listener, ...existing] : [...existing, listener]);
    } else if (first) {
      existing.unshift(listener);
    } else {
      existing.push(listener);
    }
    const list = emitter._events[event];
    const most = emitter.getMaxListeners();
    if (most > 0 && typeof list !== "function" && list.length > most && !emitter[`warned ${String(event)}`]) {
      Object.defineProperty(emitter, `warned ${String(event)}`, { value: true, configurable: true });
      const name = emitter.constructor?.name ?? "EventEmitter";
      const message = `Possible EventEmitter memory leak detected. ${list.length} ${String(event)} listeners added to [${name}]. MaxListeners is ${most}. Use emitter.setMaxListeners() to increase limit`;
      process.emitWarning(Object.assign(new Error(message), { name: "MaxListenersExceededWarning", emitter, type: event, count: list.length }));
    }
    return emitter;
  }

  function onceWrapper(emitter, event, listener) {
    let fired = false;
    const wrapper = function (...args) {
      if (fired) return undefined;
      fired = true;
      emitter.removeListener(event, wrapper);
      return apply(listener, emitter, args);
    };
    wrapper.listener = listener;
    wrapper[PLACE] = undefined;
    return wrapper;
  }

  function rejected(emitter, promise, event, args) {
    promise.then(undefined, (error) => {
      process.nextTick(() => {
        if (typeof emitter[captureRejectionSymbol] === "function") emitter[captureRejectionSymbol](error, event, ...args);
        else emitter.emit("error", error);
      });
    });
  }

  define(EventEmitter.prototype, {
    addListener(event, listener) { return add(this, event, listener, false); },
    prependListener(event, listener) { return add(this, event, listener, true); },
    once(event, listener) {
      checked(listener);
      return this.on(event, onceWrapper(this, event, listener));
    },
    prependOnceListener(event, listener) {
      checked(listener);
      return this.prependListener(event, onceWrapper(this, event, listener));
    },
    removeListener(event, listener) {
      checked(listener);
      const many = this._events?.[event];
      if (many instanceof Many) {
        const removed = many.remove(listener);
        if (removed === undefined) return this;
        if (many.length === 0) {
          delete this._events[event];
          this._eventsCount -= 1;
        }
        if (this._events.removeListener !== undefined) this.emit("removeListener", event, listener);
        return this;
      }
      const list = listOf(this, event);
      const at = list.findLastIndex((one) => one === listener || one.listener === listener);
      if (at < 0) return this;
      const removed = list[at];
      const rest = list.filter((_, i) => i !== at);
      if (rest.length === 0) {
        delete this._events[event];
        this._eventsCount -= 1;
      } else {
        this._events[event] = rest.length === 1 ? rest[0] : rest;
      }
      if (this._events.removeListener !== undefined) this.emit("removeListener", event, list.length === 1 && typeof many === "function" ? removed.listener ?? listener : listener);
      return this;
    },
    removeAllListeners(...events) {
      if (this._events === undefined) return this;
      if (this._events.removeListener !== undefined) {
        for (const event of events.length > 0 ? events : ownKeys(this._events)) {
          if (event === "removeListener") continue;
          for (const listener of [...listOf(this, event)].reverse()) this.removeListener(event, listener);
        }
      }
      if (events.length === 0) {
        this._events = Object.create(null);
        this._eventsCount = 0;
      } else if (this._events[events[0]] !== undefined) {
        delete this._events[events[0]];
        this._eventsCount -= 1;
      }
      return this;
    },
    emit(event, ...args) {
      if (event === "error") {
        if (this._events?.[errorMonitor] !== undefined) this.emit(errorMonitor, ...args);
        if (this._events?.error === undefined) {
          const [error] = args;
          if (error instanceof Error) throw error;
          const { inspect } = use("web/inspect");
          throw Object.assign(new Error(`Unhandled error. (${typeof error === "string" ? `'${error}'` : inspect(error)})`), { code: "ERR_UNHANDLED_ERROR", context: error });
        }
      }
      const found = this._events?.[event];
      if (found === undefined) return false;
      for (const listener of typeof found === "function" ? [found] : [...found]) {
        const result = apply(listener, this, args);
        if (result !== undefined && result !== null && this[captures] && typeof result.then === "function") rejected(this, result, event, args);
      }
      return true;
    },
    listeners(event) { return listOf(this, event).map((listener) => listener.listener ?? listener); },
    rawListeners(event) { return [...listOf(this, event)]; },
    listenerCount(event, listener) {
      if (listener === undefined) return countOf(this, event);
      return listOf(this, event).filter((one) => one === listener || one.listener === listener).length;
    },
    eventNames() { return this._eventsCount > 0 ? ownKeys(this._events) : []; },
    setMaxListeners(count) {
      validateNumber(count, "setMaxListeners", 0);
      this._maxListeners = count;
      return this;
    },
    getMaxListeners() { return this._maxListeners ?? defaultMaxListeners; },
  });
  // Two names of one function each: a class of a program may have each call the other.
  define(EventEmitter.prototype, { on: EventEmitter.prototype.addListener, off: EventEmitter.prototype.removeListener });
  Object.defineProperties(EventEmitter.prototype, {
    _events: { value: undefined, writable: true, configurable: true, enumerable: true },
    _eventsCount: { value: 0, writable: true, configurable: true, enumerable: true },
    _maxListeners: { value: undefined, writable: true, configurable: true, enumerable: true },
  });

  const isTarget = (emitter) => typeof emitter.addEventListener === "function" && typeof emitter.on !== "function";

  function checkedEmitter(emitter) {
    if (typeof emitter?.on !== "function" && typeof emitter?.addEventListener !== "function") throw invalidType("emitter", "an instance of EventEmitter", emitter);
  }

  function listen(emitter, event, listener, options) {
    if (isTarget(emitter)) emitter.addEventListener(event, listener, options);
    else if (options?.once) emitter.once(event, listener);
    else emitter.on(event, listener);
  }

  function unlisten(emitter, event, listener) {
    if (isTarget(emitter)) emitter.removeEventListener(event, listener);
    else emitter.removeListener(event, listener);
  }

  async function once(emitter, event, options = {}) {
    validateObject(options, "options");
    const { signal } = options;
    validateSignal(signal);
    if (isAborted(signal)) throw abortError(signal);
    checkedEmitter(emitter);
    return new Promise((resolve, reject) => {
      const end = () => {
        // Who is no emitter of ours may have no way to stop listening.
        if (isTarget(emitter) || typeof emitter.removeListener === "function") {
          unlisten(emitter, event, happened);
          unlisten(emitter, "error", failed);
        }
        signal?.removeEventListener("abort", aborted);
      };
      const happened = (...args) => (end(), resolve(args));
      const failed = (error) => (end(), reject(error));
      const aborted = () => (end(), reject(abortError(signal)));
      listen(emitter, event, happened, { once: true });
      if (event !== "error" && !isTarget(emitter)) emitter.once("error", failed);
      signal?.addEventListener("abort", aborted, { once: true });
    });
  }

  function on(emitter, event, options = {}) {
    validateObject(options, "options");
    const { signal } = options;
    validateSignal(signal);
    if (isAborted(signal)) throw abortError(signal);
    checkedEmitter(emitter);
    const [values, waiting] = [[], []];
    let [error, done] = [undefined, false];
    const happened = (...args) => {
      const first = waiting.shift();
      if (first) first.resolve({ value: args, done: false });
      else values.push(args);
    };
    const failed = (reason) => {
      const first = waiting.shift();
      if (first) first.reject(reason);
      else error = { reason };
      end();
    };
    const aborted = () => failed(abortError(signal));
    const closing = (options?.close ?? []);
    function end() {
      done = true;
      unlisten(emitter, event, happened);
      unlisten(emitter, "error", failed);
      for (const name of closing) unlisten(emitter, name, end);
      signal?.removeEventListener("abort", aborted);
      for (const { resolve } of waiting.splice(0)) resolve({ value: undefined, done: true });
      return Promise.resolve({ done: true, value: undefined });
    }
    listen(emitter, event, happened);
    if (event !== "error" && !isTarget(emitter)) emitter.on("error", failed);
    for (const name of closing) listen(emitter, name, end);
    signal?.addEventListener("abort", aborted, { once: true });
    return {
      next() {
        if (values.length > 0) return Promise.resolve({ done: false, value: values.shift() });
        if (error !== undefined) {
          const { reason } = error;
          error = undefined;
          return Promise.reject(reason);
        }
        if (done) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      },
      return: end,
      throw(reason) {
        if (!(reason instanceof Error)) throw invalidType("EventEmitter.AsyncIterator", "an instance of Error", reason);
        failed(reason);
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]() { return this; },
    };
  }

  function getEventListeners(emitter, event) {
    if (typeof emitter?.listeners === "function") return emitter.listeners(event);
    if (emitter instanceof EventTarget) return (use("web/events").listenersOf(emitter).byType.get(`${event}`) ?? []).map(({ callback }) => callback);
    throw invalidType("emitter", "an instance of EventEmitter or EventTarget", emitter);
  }
  const listenerCount = (emitter, event) => (typeof emitter.listenerCount === "function" ? emitter.listenerCount(event) : getEventListeners(emitter, event).length);
  // Of targets: they never warn, and tell what they were told.
  const mostOfTargets = new WeakMap();
  const getMaxListeners = (emitter) => {
    if (typeof emitter?.getMaxListeners === "function") return emitter.getMaxListeners();
    if (emitter instanceof EventTarget) return mostOfTargets.get(emitter) ?? defaultMaxListeners;
    throw invalidType("emitter", "an instance of EventEmitter or EventTarget", emitter);
  };
  function setMaxListeners(count = defaultMaxListeners, ...emitters) {
    validateNumber(count, "setMaxListeners", 0);
    if (emitters.length === 0) defaultMaxListeners = count;
    for (const emitter of emitters) {
      if (emitter instanceof EventTarget) mostOfTargets.set(emitter, count);
      else if (typeof emitter?.setMaxListeners === "function") emitter.setMaxListeners(count);
      else throw invalidType("eventTargets", "an instance of EventEmitter or EventTarget", emitter);
    }
  }
  function addAbortListener(signal, listener) {
    if (signal === undefined) throw invalidType("signal", "an instance of AbortSignal", signal);
    validateSignal(signal, "signal");
    checked(listener);
    if (signal.aborted) queueMicrotask(() => listener());
    else signal.addEventListener("abort", listener, { once: true });
    return { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]: () => signal.removeEventListener("abort", listener) };
  }

  // An emitter whose listeners run on behalf of a resource.
  const late = {
    get EventEmitterAsyncResource() {
      const { AsyncResource } = use("node/async_hooks");
      class EventEmitterAsyncResource extends EventEmitter {
        #resource;

        constructor(options = undefined) {
          super(options);
          const name = typeof options === "string" ? options : options?.name;
          this.#resource = new AsyncResource(name ?? new.target.name, options);
        }

        get asyncResource() { return this.#resource; }
        get asyncId() { return this.#resource.asyncId(); }
        get triggerAsyncId() { return this.#resource.triggerAsyncId(); }
        emit(event, ...args) { return this.#resource.runInAsyncScope(super.emit, this, event, ...args); }
        emitDestroy() { this.#resource.emitDestroy(); }
      }
      Object.defineProperty(EventEmitter, "EventEmitterAsyncResource", { value: EventEmitterAsyncResource, enumerable: true, writable: true, configurable: true });
      return EventEmitterAsyncResource;
    },
  };
  Object.defineProperty(EventEmitter, "EventEmitterAsyncResource", { ...Object.getOwnPropertyDescriptor(late, "EventEmitterAsyncResource"), configurable: true });
  Object.assign(EventEmitter, {
    EventEmitter, once, on, getEventListeners, listenerCount, getMaxListeners, setMaxListeners, addAbortListener,
    errorMonitor, captureRejectionSymbol, usingDomains: false,
  });
  Object.defineProperties(EventEmitter, {
    defaultMaxListeners: {
      get: () => defaultMaxListeners,
      set(count) {
        validateNumber(count, "defaultMaxListeners", 0);
        defaultMaxListeners = count;
      },
      enumerable: true,
    },
    captureRejections: {
      get: () => captureRejections,
      set(value) {
        validateBoolean(value, "EventEmitter.captureRejections");
        captureRejections = value;
      },
      enumerable: true,
    },
  });
  return EventEmitter;
};
