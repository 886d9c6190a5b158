// `node:async_hooks`, without hooks: what is kept lasts as long as the call it was set for.
(native, use) => {
  const { validateFunction, invalidType } = use("node/errors");
  let lastId = 1;

  class AsyncResource {
    #id = ++lastId;
    constructor(type) {
      if (typeof type !== "string") throw invalidType("type", "of type string", type);
      this.type = type;
    }
    runInAsyncScope(callback, self, ...args) { return Reflect.apply(callback, self, args); }
    emitDestroy() { return this; }
    asyncId() { return this.#id; }
    triggerAsyncId() { return 1; }
    bind(callback) {
      validateFunction(callback, "fn");
      const resource = this;
      return function (...args) { return resource.runInAsyncScope(callback, this, ...args); };
    }
    static bind(callback, type) { return new AsyncResource(type ?? callback.name ?? "bound-anonymous-fn").bind(callback); }
  }

  const createHook = () => ({ enable() { return this; }, disable() { return this; } });
  const { absents } = use("node/errors");
  return { ...absents("async_hooks", ["AsyncLocalStorage"]), AsyncResource, createHook, executionAsyncId: () => 1, triggerAsyncId: () => 0, executionAsyncResource: () => ({}) };
};
