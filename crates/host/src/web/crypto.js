// `Crypto`: random numbers; digests and keys are in `node/crypto_subtle`.
(native, use) => {
  const { DOMException, fail, finish, need } = use("web/idl");
  const MADE = Symbol("made");
  // Bytes that one call fills at most.
  const MOST = 65536;
  const INTEGERS = new Set(["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array"]);
  const nameOf = Function.prototype.call.bind(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get);

  class Crypto {
    #made = true;

    constructor(made = undefined) {
      if (made !== MADE) throw fail(TypeError, "Illegal constructor", "ERR_ILLEGAL_CONSTRUCTOR");
    }

    get subtle() {
      this.#made;
      return use("node/crypto_subtle").subtle;
    }

    getRandomValues(view) {
      this.#made;
      need(arguments.length, 1, "getRandomValues");
      if (!INTEGERS.has(nameOf(view))) throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
      if (view.byteLength > MOST) throw new DOMException("The requested length exceeds 65,536 bytes", "QuotaExceededError");
      return native.getRandomValues(view);
    }

    randomUUID() {
      this.#made;
      return native.randomUUID();
    }
  }
  finish(Crypto);
  return { Crypto, crypto: new Crypto(MADE) };
};
