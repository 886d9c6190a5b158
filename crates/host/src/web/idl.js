// What the interfaces of the Web have in common, by the Web IDL standard: conversions of arguments, and what
// attributes the members of a class have. Checks of `this` are those of private fields.
() => {
  const { apply, ownKeys } = Reflect;
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const uncurry = (f) => Function.prototype.call.bind(f);
  const wellFormed = uncurry(String.prototype.toWellFormed);
  const promiseThen = uncurry(Promise.prototype.then);
  const NativePromise = Promise;
  const { DOMException } = globalThis;
  const NONE = Object.freeze(Object.create(null));
  const { isFinite, isNaN } = Number;
  const { trunc, min, max, floor } = Math;

  const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

  function fail(Class, message, code) {
    const error = new Class(message);
    if (code !== undefined) defineProperty(error, "code", { value: code, enumerable: true, writable: true, configurable: true });
    return error;
  }

  // Throws where fewer arguments are given than are needed.
  function need(given, count, what) {
    if (given < count) {
      throw fail(TypeError, `${what} needs ${count} argument${count === 1 ? "" : "s"}, but got ${given}`, "ERR_MISSING_ARGS");
    }
  }

  function dictionary(value, what = "the options") {
    if (value === undefined || value === null) return NONE;
    if (!isObject(value)) throw fail(TypeError, `${what} must be an object`, "ERR_INVALID_ARG_TYPE");
    return value;
  }

  function callable(value, what) {
    if (typeof value !== "function") throw fail(TypeError, `${what} must be a function`, "ERR_INVALID_ARG_TYPE");
    return value;
  }

  // `unsigned long`, `unsigned long long` and so on: `bits` of them, modulo or with an error out of range.
  function integer(value, { bits = 32, signed = false, enforce = false, clamp = false, what = "the value" } = {}) {
    let number = +value;
    const top = bits === 64 ? 2 ** 53 - 1 : signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
    const bottom = !signed ? 0 : bits === 64 ? -top : -(2 ** (bits - 1));
    if (enforce) {
      if (!isFinite(number)) throw new TypeError(`${what} must be a finite number`);
      number = trunc(number);
      if (number < bottom || number > top) throw new TypeError(`${what} must be between ${bottom} and ${top}`);
      return number + 0;
    }
    if (isNaN(number)) return 0;
    if (clamp) {
      number = min(max(number, bottom), top);
      const low = floor(number);
      const rest = number - low;
      return (rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1) + 0;
    }
    if (!isFinite(number)) return 0;
    number = trunc(number);
    if (bits === 64) {
      const wide = signed ? BigInt.asIntN(64, BigInt(number)) : BigInt.asUintN(64, BigInt(number));
      return Number(wide);
    }
    const size = 2 ** bits;
    number = ((number % size) + size) % size;
    return signed && number > top ? number - size : number + 0;
  }

  function choice(value, values, what) {
    const text = `${value}`;
    if (!values.includes(text)) throw fail(TypeError, `${what} cannot be "${text}"`, "ERR_INVALID_ARG_VALUE");
    return text;
  }

  function double(value, what) {
    const number = +value;
    if (!isFinite(number)) throw new TypeError(`${what} must be a finite number`);
    return number;
  }

  const custom = Symbol.for("nodejs.util.inspect.custom");

  // Gives a class what Node's `inspect` shows of its objects: attributes by name, or what a function tells.
  function show(Class, shown) {
    const fields = typeof shown === "function" ? shown : (object) => Object.fromEntries(shown.map((key) => [key, object[key]]));
    const value = function (depth, options, inspect) {
      const name = this.constructor?.name ?? Class.name;
      if (depth < 0) return `${name} {}`;
      const inner = { ...options, depth: options.depth === null ? null : options.depth - 1 };
      const seen = fields(this);
      return typeof seen === "string" ? `${name} ${seen}` : `${name} ${inspect(seen, inner)}`;
    };
    defineProperty(Class.prototype, custom, { value, writable: true, configurable: true });
  }

  // Gives a class the attributes of an interface: its members can be listed, its name is its tag.
  function finish(Class, { name = Class.name, constants = {}, hidden = [], shown = undefined } = {}) {
    if (shown !== undefined) show(Class, shown);
    for (const target of [Class, Class.prototype]) {
      for (const key of ownKeys(target)) {
        if (typeof key === "symbol" || hidden.includes(key) || key === "constructor" || (target === Class && ["length", "name", "prototype"].includes(key))) continue;
        defineProperty(target, key, { ...getOwnPropertyDescriptor(target, key), enumerable: true });
      }
      for (const key of Object.keys(constants)) defineProperty(target, key, { value: constants[key], enumerable: true });
    }
    defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
    return Class;
  }

  // Another name for a method.
  function alias(Class, key, other) {
    const { value } = getOwnPropertyDescriptor(Class.prototype, other);
    defineProperty(Class.prototype, key, { value, writable: true, configurable: true, enumerable: typeof key === "string" });
  }

  // The iterators of an interface: `next` of one of another kind throws.
  function pairIterator(name) {
    const prototype = Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
    const states = new WeakMap();
    const get = uncurry(WeakMap.prototype.get);
    const set = uncurry(WeakMap.prototype.set);
    const methods = {
      next() {
        const state = get(states, this);
        if (state === undefined) throw new TypeError(`this is not a ${name}`);
        const pairs = state.pairs();
        if (state.at >= pairs.length) return { value: undefined, done: true };
        const [key, value] = pairs[state.at++];
        return { value: state.kind === "keys" ? key : state.kind === "values" ? value : [key, value], done: false };
      },
    };
    defineProperty(prototype, "next", { value: methods.next, writable: true, enumerable: true, configurable: true });
    defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
    return (pairs, kind) => {
      const iterator = Object.create(prototype);
      set(states, iterator, { pairs, kind, at: 0 });
      return iterator;
    };
  }

  // An accessor as `onabort` is one: the handler takes part in the order of listeners from when it was set first.
  function handler(Class, type, listen) {
    const handlers = new WeakMap();
    const key = `on${type}`;
    const accessor = {
      get [key]() { return handlers.get(this)?.value ?? null; },
      set [key](value) {
        let entry = handlers.get(this);
        const wanted = isObject(value) ? value : null;
        if (entry === undefined) {
          if (wanted === null) return;
          handlers.set(this, (entry = { value: wanted, stop: undefined }));
        }
        entry.value = wanted;
        if (wanted === null) {
          entry.stop?.();
          handlers.delete(this);
        } else {
          entry.stop ??= listen(this, type, (event) => {
            if (typeof entry.value !== "function") return;
            if (apply(entry.value, event.currentTarget, [event]) === false) event.preventDefault();
          });
        }
      },
    };
    defineProperty(Class.prototype, key, { ...getOwnPropertyDescriptor(accessor, key), enumerable: true, configurable: true });
  }

  // A promise that is resolved with a value, as the standard has it: always a new one.
  const resolvedWith = (value) => new NativePromise((resolve) => resolve(value));
  const rejectedWith = (reason) => new NativePromise((_, reject) => reject(reason));
  const deferred = () => {
    let resolve, reject;
    const promise = new NativePromise((yes, no) => { resolve = yes; reject = no; });
    return { promise, resolve, reject };
  };
  const ignore = () => {};
  const handled = (promise) => (promiseThen(promise, undefined, ignore), promise);
  // Runs what gives a promise; what it throws is the reason of one.
  const promised = (run) => {
    try {
      return run();
    } catch (error) {
      return rejectedWith(error);
    }
  };

  return {
    DOMException, alias, apply, callable, choice, deferred, dictionary, double, fail, finish, handled, handler, ignore, integer, isObject, need,
    pairIterator, promised, promiseThen, rejectedWith, resolvedWith, uncurry, wellFormed,
    text: (value) => wellFormed(`${value}`),
  };
};
