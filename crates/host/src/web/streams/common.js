// What all streams have in common, by the Streams standard: queues with sizes, strategies, and how the functions
// of an underlying source or sink are called.
//
// Streams, readers, writers and controllers are records here, each with the object that a program sees as `public`.
// Names of functions are those of the standard's abstract operations, shortened.
(_, use) => {
  const { apply, callable, dictionary, fail, resolvedWith, rejectedWith, uncurry } = use("web/idl");
  const { isNaN } = Number;

  // First in, first out, each entry with its size. Taking one costs the same however many there are.
  class Queue {
    #entries = [];
    #head = 0;
    total = 0;

    get length() { return this.#entries.length - this.#head; }
    get first() { return this.#entries[this.#head]; }

    push(value, size = 0) {
      if (typeof size !== "number" || isNaN(size) || size < 0 || size === Infinity) {
        throw new RangeError("the size of a chunk must be a finite number that is not negative");
      }
      this.#entries.push({ value, size });
      this.total += size;
    }

    shift() {
      const entry = this.#entries[this.#head];
      this.#entries[this.#head++] = undefined;
      if (this.#head === this.#entries.length || this.#head > 1024 && 2 * this.#head > this.#entries.length) {
        this.#entries = this.#entries.slice(this.#head);
        this.#head = 0;
      }
      // Sums of fractions may end below nothing.
      this.total = Math.max(0, this.total - entry.size);
      return entry.value;
    }

    clear() {
      this.#entries = [];
      this.#head = 0;
      this.total = 0;
    }
  }

  // The members that matter of a strategy, in the order in which Web IDL reads them.
  function strategyOf(value) {
    const { highWaterMark, size } = dictionary(value, "the strategy");
    return {
      highWaterMark: highWaterMark === undefined ? undefined : +highWaterMark,
      size: size === undefined ? undefined : callable(size, "size"),
    };
  }

  function highWaterMarkOf({ highWaterMark }, initial) {
    if (highWaterMark === undefined) return initial;
    if (isNaN(highWaterMark) || highWaterMark < 0) throw new RangeError("highWaterMark must be a number that is not negative");
    return highWaterMark;
  }

  function sizeOf({ size }) {
    return size === undefined ? () => 1 : (chunk) => +apply(size, undefined, [chunk]);
  }

  // A function of an underlying object that gives a promise whatever happens.
  function algorithm(object, f) {
    if (f === undefined) return () => resolvedWith(undefined);
    return (...args) => {
      try {
        return resolvedWith(apply(f, object, args));
      } catch (error) {
        return rejectedWith(error);
      }
    };
  }

  const MADE = Symbol("made by the host");

  // For constructors that programs cannot call.
  function madeOnly(token) {
    if (token !== MADE) throw fail(TypeError, "Illegal constructor", "ERR_ILLEGAL_CONSTRUCTOR");
  }

  const byteLengthOf = uncurry(Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get);
  const isDetached = uncurry(Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "detached").get);
  const transfer = uncurry(ArrayBuffer.prototype.transfer);
  const slice = uncurry(ArrayBuffer.prototype.slice);
  const isArrayBuffer = (value) => {
    try {
      byteLengthOf(value);
      return true;
    } catch {
      return false;
    }
  };

  return { MADE, Queue, algorithm, byteLengthOf, highWaterMarkOf, isArrayBuffer, isDetached, madeOnly, sizeOf, slice, strategyOf, transfer };
};
