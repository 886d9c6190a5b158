// `structuredClone`. It works off a list instead of calling itself, so that no depth is too much.
//
// `isLent(buffer)` tells the buffers of WebAssembly memories, which only the memory may detach; `isProxy(value)`
// proxies, and so the objects of WebAssembly's structures and arrays.
({ isLent, isProxy }, use) => {
  const { DOMException, dictionary, fail, isObject, need } = use("web/idl");
  const { keys, hasOwn, getPrototypeOf } = Object;
  const toTag = Function.prototype.call.bind(Object.prototype.toString);
  const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  const typedArray = getPrototypeOf(Uint8Array.prototype);
  const nameOf = Function.prototype.call.bind(Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag).get);

  const define = (object, key, value, enumerable = true) =>
    Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });

  function refuse(what) {
    throw new DOMException(`${what} could not be cloned.`, "DataCloneError");
  }

  // What a program wants to stay where it is, or nobody to have a copy of.
  const [untransferable, uncloneable] = [new WeakSet(), new WeakSet()];
  const markAsUntransferable = (value) => { if (isObject(value)) untransferable.add(value); };
  const isMarkedAsUntransferable = (value) => isObject(value) && untransferable.has(value);
  const markAsUncloneable = (value) => { if (isObject(value)) uncloneable.add(value); };

  // Classes of the Web that say themselves how they are copied or moved: `{ is(value), copy(value, copier) }`.
  const serializable = [];
  const transferable = [];

  // What changes hands: from the old object to the new one.
  function transfer(list) {
    const moved = new Map();
    for (const value of list) {
      if (isMarkedAsUntransferable(value)) refuse("an object that is marked as one that is not transferred");
      const isBuffer = value instanceof ArrayBuffer;
      if (!isBuffer && !transferable.some(({ is }) => is(value))) refuse("a value that cannot be transferred");
      if (isBuffer && isLent(value)) throw new TypeError("the buffer of a WebAssembly.Memory cannot be transferred");
      if (moved.has(value) || (isBuffer && value.detached)) refuse("what is transferred twice or is detached");
      moved.set(value, undefined);
    }
    return moved;
  }

  function move(value) {
    return value instanceof ArrayBuffer ? value.transfer() : transferable.find(({ is }) => is(value)).move(value);
  }

  class Copier {
    constructor(moved) {
      this.copies = new Map();
      this.moved = moved;
      this.work = [];
    }

    // The copy of a value; what is inside of it is put on the list.
    copy(value) {
      if (typeof value === "symbol") refuse(String(value));
      if (typeof value === "function") refuse(String(value));
      if (typeof value !== "object" || value === null) return value;
      let copy = this.copies.get(value);
      if (copy === undefined) this.copies.set(value, (copy = this.shell(value)));
      return copy;
    }

    shell(value) {
      if (this.moved.has(value)) {
        const copy = move(value);
        this.moved.set(value, copy);
        return copy;
      }
      const own = serializable.find(({ is }) => is(value));
      if (own !== undefined) return own.copy(value, this);
      if (uncloneable.has(value)) refuse("#<Object>");
      if (isProxy(value) || transferable.some(({ is }) => is(value))) refuse("#<Object>");
      if (Array.isArray(value)) return this.filled(value, new Array(value.length));
      if (value instanceof ArrayBuffer) return this.buffer(value);
      // What is shared stays so.
      if (value instanceof SharedArrayBuffer) return value;
      if (value instanceof WebAssembly.Memory && value.buffer instanceof SharedArrayBuffer) return value;
      if (ArrayBuffer.isView(value)) return this.view(value);
      if (value instanceof Map) {
        const copy = new Map();
        for (const [key, entry] of value) this.work.push(() => copy.set(this.copy(key), this.copy(entry)));
        return copy;
      }
      if (value instanceof Set) {
        const copy = new Set();
        for (const entry of value) this.work.push(() => copy.add(this.copy(entry)));
        return copy;
      }
      if (value instanceof Date) return new Date(+value);
      if (value instanceof RegExp) return new RegExp(value.source, value.flags);
      if (value instanceof Error) return this.error(value);
      for (const type of [Number, String, Boolean, BigInt]) {
        if (value instanceof type) return Object(type.prototype.valueOf.call(value));
      }
      if (value instanceof WebAssembly.Module) return value;
      const tag = toTag(value);
      const isPlain = tag === "[object Object]" || hasOwn(value, Symbol.toStringTag) || getPrototypeOf(value) === null;
      if (!isPlain || value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) refuse(`#<${tag.slice(8, -1)}>`);
      return this.filled(value, {});
    }

    filled(value, copy) {
      for (const key of keys(value)) this.work.push(() => define(copy, key, this.copy(value[key])));
      return copy;
    }

    buffer(value) {
      if (value.detached) refuse("an ArrayBuffer that is detached");
      if (!value.resizable) return value.slice(0);
      const copy = new ArrayBuffer(value.byteLength, { maxByteLength: value.maxByteLength });
      new Uint8Array(copy).set(new Uint8Array(value));
      return copy;
    }

    view(value) {
      const type = value instanceof DataView ? DataView : globalThis[nameOf(value)];
      const { byteOffset, byteLength, length = byteLength } = value;
      return new type(this.copy(value.buffer), byteOffset, length);
    }

    error(value) {
      const copy = new (ERRORS[value.name] ?? Error)(value.message);
      define(copy, "stack", value.stack, false);
      if (hasOwn(value, "cause")) this.work.push(() => define(copy, "cause", this.copy(value.cause), false));
      return copy;
    }

    run(value) {
      const result = this.copy(value);
      for (let at = 0; at < this.work.length; at++) {
        this.work[at]();
        this.work[at] = undefined;
      }
      return result;
    }
  }

  // The copy, and what has changed hands in the order of the list.
  function cloneWith(value, list) {
    const copier = new Copier(transfer(list));
    const result = copier.run(value);
    for (const [old, copy] of copier.moved) {
      if (copy !== undefined) continue;
      if (old instanceof ArrayBuffer && old.detached) refuse("an ArrayBuffer that is detached");
      copier.moved.set(old, move(old));
    }
    return { result, moved: [...copier.moved.values()] };
  }

  function listOf(options) {
    const { transfer } = dictionary(options);
    if (transfer === undefined) return [];
    if (!isObject(transfer) || typeof transfer[Symbol.iterator] !== "function") throw fail(TypeError, "transfer must be iterable", "ERR_INVALID_ARG_TYPE");
    const list = [...transfer];
    if (!list.every(isObject)) throw fail(TypeError, "what is transferred must be an object", "ERR_INVALID_ARG_TYPE");
    return list;
  }

  const { structuredClone } = {
    structuredClone(value, options = undefined) {
      need(arguments.length, 1, "structuredClone");
      return cloneWith(value, listOf(options)).result;
    },
  };

  return { cloneWith, isMarkedAsUntransferable, markAsUncloneable, markAsUntransferable, serializable, structuredClone, transferable };
};
