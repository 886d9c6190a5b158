// `node:async_hooks`: what is kept for whoever a call runs for goes along with all that the call starts. No hooks.
({ awaited, begin, frame, setFrame }, use) => {
  const { validateFunction, validateObject, invalidType, make, absents } = use("node/errors");
  const { apply, defineProperty } = Reflect;
  let lastId = 1;
  let isOn = false;

  class Anything {
    constructor(object) { return object; }
  }

  // Gives an object a field that no program sees.
  class Marked extends Anything {
    #frame;

    constructor(object, value) {
      super(object);
      this.#frame = value;
    }

    static frameOf(object) { return #frame in object ? object.#frame : undefined; }
  }

  // A frame is a map of what each storage keeps, which nobody changes any more.
  function beginFrames() {
    if (isOn) return;
    isOn = true;
    const NativePromise = Promise;
    const { resolve } = NativePromise;
    let isResolving = false;
    // `await` and `then` ask for the constructor before they add a reaction.
    defineProperty(NativePromise.prototype, "constructor", {
      get() {
        if (!isResolving) awaited(this);
        return NativePromise;
      },
      set(value) { defineProperty(this, "constructor", { value, writable: true, enumerable: this !== NativePromise.prototype, configurable: true }); },
      enumerable: false,
      configurable: true,
    });
    // It asks, too, and adds none: what nobody has handled it must leave so.
    const methods = {
      resolve(value) {
        const outer = isResolving;
        isResolving = true;
        try {
          return apply(resolve, this, [value]);
        } finally {
          isResolving = outer;
        }
      },
    };
    defineProperty(NativePromise, "resolve", { value: methods.resolve, writable: true, enumerable: false, configurable: true });
    begin((promise, value) => new Marked(promise, value), Marked.frameOf);
  }

  function within(wanted, callback, self, args) {
    const outer = frame();
    setFrame(wanted);
    try {
      return apply(callback, self, args);
    } finally {
      setFrame(outer);
    }
  }

  class AsyncResource {
    #id = ++lastId;
    #trigger;
    #frame = frame();

    constructor(type, options = undefined) {
      if (typeof type !== "string") throw invalidType("type", "of type string", type);
      const trigger = (typeof options === "object" ? options?.triggerAsyncId : options) ?? 1;
      if (!Number.isSafeInteger(trigger) || trigger < -1) throw make(RangeError, "ERR_INVALID_ASYNC_ID", `Invalid triggerAsyncId value: ${String(trigger)}`);
      this.#trigger = trigger;
    }
    runInAsyncScope(callback, self, ...args) { return within(this.#frame, callback, self, args); }
    emitDestroy() { return this; }
    asyncId() { return this.#id; }
    triggerAsyncId() { return this.#trigger; }
    bind(callback, self = undefined) {
      validateFunction(callback, "fn");
      const resource = this;
      const bound = function (...args) { return resource.runInAsyncScope(callback, self ?? this, ...args); };
      return Object.defineProperty(bound, "length", { value: callback.length, configurable: true });
    }
    static bind(callback, type, self) { return new AsyncResource(type || callback.name || "bound-anonymous-fn").bind(callback, self); }
  }

  // What `using` ends.
  class Scope {
    #storage;
    #before;
    #isOver = false;

    constructor(storage, value) {
      this.#storage = storage;
      this.#before = storage.getStore();
      storage.enterWith(value);
    }

    dispose() {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#storage.enterWith(this.#before);
    }
    [Symbol.dispose]() { this.dispose(); }
  }

  class AsyncLocalStorage {
    #standard = undefined;
    #name = "";

    constructor(options = {}) {
      validateObject(options, "options");
      this.#standard = options.defaultValue;
      if (options.name !== undefined) this.#name = `${options.name}`;
      beginFrames();
    }

    get name() { return this.#name; }
    static bind(callback) { return AsyncResource.bind(callback); }
    static snapshot() { return AsyncLocalStorage.bind((callback, ...args) => callback(...args)); }

    disable() { frame()?.delete(this); }
    enterWith(value) { setFrame(new Map(frame()).set(this, value)); }

    run(value, callback, ...args) {
      const before = this.getStore();
      if (Object.is(before, value)) return apply(callback, null, args);
      this.enterWith(value);
      try {
        return apply(callback, null, args);
      } finally {
        this.enterWith(before);
      }
    }

    exit(callback, ...args) { return this.run(undefined, callback, ...args); }

    getStore() {
      const kept = frame();
      return kept?.has(this) ? kept.get(this) : this.#standard;
    }

    withScope(value) { return new Scope(this, value); }
  }

  function createHook(callbacks) {
    for (const name of ["init", "before", "after", "destroy", "promiseResolve"]) {
      if (callbacks[name] !== undefined && typeof callbacks[name] !== "function") throw make(TypeError, "ERR_ASYNC_CALLBACK", `hook.${name} must be a function`);
    }
    return hook();
  }
  const hook = () => ({ enable() { return this; }, disable() { return this; } });
  return { ...absents("async_hooks", ["asyncWrapProviders"]), AsyncLocalStorage, AsyncResource, createHook, executionAsyncId: () => 1, triggerAsyncId: () => 0, executionAsyncResource: () => ({}) };
};
