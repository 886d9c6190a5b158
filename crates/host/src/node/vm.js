// `node:vm`: scripts, and contexts with globals of their own.
//
// What a context shares with the object that it was made of are properties of its global object that read and write the
// object's. They are functions of the context's own, so that no function of the host's or the program's comes in by them.
(native, use) => {
  const { invalidType, validateString, validateInteger } = use("node/errors");
  const contexts = new WeakMap();
  const DONT = Symbol("vm_dont_contextify");
  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

  // The first code of a context. Nothing of it can be reached from there.
  const FIRST = `(evaluate) => {
    "use strict";
    const { apply, defineProperty, getOwnPropertyDescriptor, ownKeys, has, deleteProperty } = Reflect;
    const world = globalThis;
    for (const name of ["performance", "gc", "scriptArgs", "print", "navigator"]) deleteProperty(world, name);
    // QuickJS would run code whenever it writes a stack, and give back neither of these.
    const guard = (name, type, otherwise) => {
      const property = getOwnPropertyDescriptor(Error, name);
      if (property?.set === undefined) return;
      defineProperty(Error, name, { ...property, set(value) { apply(property.set, this, [typeof value === type ? value : otherwise]); } });
    };
    // Nor may a script get at the functions of those who called it. V8 gives none of strict functions.
    Error.prepareStackTrace = (error, sites) => sites;
    const [site] = new Error().stack;
    Error.prepareStackTrace = undefined;
    defineProperty(Reflect.getPrototypeOf(site), "getFunction", { value: { getFunction() {} }.getFunction, writable: true, configurable: true });
    guard("stackTraceLimit", "number", 0);
    guard("prepareStackTrace", "function", undefined);
    const own = new Set(ownKeys(world));
    const [isOwn, addShared, isShared] = [Set.prototype.has, Set.prototype.add, Set.prototype.has].map((f) => (set, key) => apply(f, set, [key]));
    const shared = new Set();
    const share = (object, key) => {
      addShared(shared, key);
      defineProperty(world, key, {
        get: () => object[key],
        set(value) { object[key] = value; },
        enumerable: getOwnPropertyDescriptor(object, key)?.enumerable ?? true, configurable: true,
      });
    };
    // Before a script: what the object has. After: what the script has declared.
    const before = (object) => {
      const keys = ownKeys(object);
      for (let i = 0; i < keys.length; i++) {
        const now = getOwnPropertyDescriptor(world, keys[i]);
        if (now === undefined || now.configurable) share(object, keys[i]);
        else if ("value" in now) world[keys[i]] = object[keys[i]];
      }
      const mine = ownKeys(world);
      for (let i = 0; i < mine.length; i++) {
        if (isShared(shared, mine[i]) && !has(object, mine[i])) deleteProperty(world, mine[i]);
      }
    };
    const after = (object) => {
      const keys = ownKeys(world);
      for (let i = 0; i < keys.length; i++) {
        const now = getOwnPropertyDescriptor(world, keys[i]);
        if (!("value" in now)) continue;
        if (isOwn(own, keys[i])) continue;
        object[keys[i]] = now.value;
        if (now.configurable) share(object, keys[i]);
      }
      const theirs = ownKeys(object);
      for (let i = 0; i < theirs.length; i++) {
        if (isShared(shared, theirs[i]) && !has(world, theirs[i])) deleteProperty(object, theirs[i]);
      }
    };
    const run = (object, source, name) => {
      if (object === undefined) return evaluate(source, name);
      before(object);
      try {
        return evaluate(source, name);
      } finally {
        after(object);
      }
    };
    return { run, world };
  }`;

  function nameOf(options) {
    if (typeof options === "string") return options;
    if (options === undefined) return "evalmachine.<anonymous>";
    if (!isObject(options)) throw invalidType("options", "of type object", options);
    if (options.filename === undefined) return "evalmachine.<anonymous>";
    validateString(options.filename, "options.filename");
    return options.filename;
  }

  function timeoutOf(options) {
    if (!isObject(options) || options.timeout === undefined) return undefined;
    validateInteger(options.timeout, "options.timeout", 1);
    return options.timeout;
  }

  // Lines and columns that a text begins at, as far as lines go.
  const placed = (source, options) => (isObject(options) && options.lineOffset > 0 ? "\n".repeat(Math.min(options.lineOffset, 1e6)) + source : source);

  function within(options, run) {
    const milliseconds = timeoutOf(options);
    return milliseconds === undefined ? run() : native.timed(milliseconds, run);
  }

  function createContext(object = {}, options = {}) {
    if (object === DONT) {
      const realm = native.realm(FIRST);
      contexts.set(realm.world, { realm, object: undefined });
      return realm.world;
    }
    if (!isObject(object)) throw invalidType("contextObject", "of type object", object);
    if (!isObject(options)) throw invalidType("options", "of type object", options);
    if (!contexts.has(object)) contexts.set(object, { realm: native.realm(FIRST), object });
    return object;
  }

  function isContext(object) {
    if (!isObject(object)) throw invalidType("object", "of type object", object);
    return contexts.has(object);
  }

  const contextOf = (object) => {
    const context = isObject(object) ? contexts.get(object) : undefined;
    if (context === undefined) throw invalidType("contextifiedObject", "an vm.Context", object);
    return context;
  };

  class Script {
    #source;
    #name;

    constructor(source, options) {
      this.#name = nameOf(options);
      this.#source = placed(`${source}`, options);
      native.check(this.#source, this.#name);
      this.cachedDataRejected = undefined;
      this.sourceMapURL = undefined;
    }

    runInThisContext(options) { return within(options, () => native.evaluate(this.#source, this.#name)); }

    runInContext(object, options) {
      const { realm, object: own } = contextOf(object);
      return within(options, () => realm.run(own, this.#source, this.#name));
    }

    runInNewContext(object, options) { return this.runInContext(createContext(object), options); }
    createCachedData() { return Buffer.alloc(0); }
  }

  const only = (options) => (typeof options === "string" ? { filename: options } : options);
  const runInThisContext = (source, options) => new Script(source, options).runInThisContext(only(options));
  const runInContext = (source, object, options) => {
    contextOf(object);
    return new Script(source, options).runInContext(object, only(options));
  };
  const runInNewContext = (source, object, options) => runInContext(source, createContext(object), options);

  function compileFunction(source, params = [], options = {}) {
    validateString(source, "code");
    if (!Array.isArray(params)) throw invalidType("params", "an instance of Array", params);
    params.forEach((param, i) => validateString(param, `params[${i}]`));
    const name = options.filename ?? "";
    validateString(name, "options.filename");
    const text = `(function (${params.join(",")}${params.length > 0 ? "\n" : ""}) {\n${source}\n})`;
    if (options.parsingContext === undefined) return native.evaluate(text, name);
    const { realm, object } = contextOf(options.parsingContext);
    return realm.run(object, text, name);
  }

  const measureMemory = () => Promise.resolve({ total: { jsMemoryEstimate: process.memoryUsage().heapUsed, jsMemoryRange: [0, process.memoryUsage().heapTotal] } });

  return {
    Script, createContext, createScript: (source, options) => new Script(source, options), runInContext, runInNewContext, runInThisContext, isContext, compileFunction, measureMemory,
    constants: Object.freeze({ __proto__: null, USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol("vm_dynamic_import_main_context_default"), DONT_CONTEXTIFY: DONT }),
  };
};
