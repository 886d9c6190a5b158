// `node:async_hooks`, without hooks: what is kept lasts as long as the call it was set for.
(native, use) => {
  const { validateFunction, invalidType, make } = use("node/errors");
  let lastId = 1;

  class AsyncResource {
    #id = ++lastId;
    constructor(type, options = undefined) {
      if (typeof type !== "string") throw invalidType("type", "of type string", type);
      const trigger = typeof options === "object" ? options?.triggerAsyncId : options;
      if (trigger !== undefined && (!Number.isSafeInteger(trigger) || trigger < -1)) throw make(RangeError, "ERR_INVALID_ASYNC_ID", `Invalid triggerAsyncId value: ${trigger}`);
      this.type = type;
    }
    runInAsyncScope(callback, self, ...args) { return Reflect.apply(callback, self, args); }
    emitDestroy() { return this; }
    asyncId() { return this.#id; }
    triggerAsyncId() { return 1; }
    bind(callback, self = undefined) {
      validateFunction(callback, "fn");
      const resource = this;
      const bound = function (...args) { return resource.runInAsyncScope(callback, self ?? this, ...args); };
      return Object.defineProperty(bound, "length", { value: callback.length, configurable: true });
    }
    static bind(callback, type, self) { return new AsyncResource(type || callback.name || "bound-anonymous-fn").bind(callback, self); }
  }

  function createHook(callbacks) {
    for (const name of ["init", "before", "after", "destroy", "promiseResolve"]) {
      if (callbacks[name] !== undefined && typeof callbacks[name] !== "function") throw make(TypeError, "ERR_ASYNC_CALLBACK", `hook.${name} must be a function`);
    }
    return hook();
  }
  const hook = () => ({ enable() { return this; }, disable() { return this; } });
  const { absents } = use("node/errors");
  return { ...absents("async_hooks", ["AsyncLocalStorage", "asyncWrapProviders"]), AsyncResource, createHook, executionAsyncId: () => 1, triggerAsyncId: () => 0, executionAsyncResource: () => ({}) };
};
