// The Web's `TextEncoder` and `TextDecoder` on top of the host's encodings.
({ decoderFor, encode, decode }) => {
  const wellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
  // Most bytes to make a string of. QuickJS ends at 2^30 - 1 characters, and says so only after the work.
  const MOST = 2 ** 30 - 1;

  function bytesOf(source) {
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    throw new TypeError("what is decoded must be an ArrayBuffer or a view of one");
  }

  class TextDecoder {
    #inner;
    #options;

    constructor(label = "utf-8", options = {}) {
      this.#options = { fatal: Boolean(options?.fatal), ignoreBOM: Boolean(options?.ignoreBOM) };
      const name = wellFormed(String(label));
      this.#inner = decoderFor(name, this.fatal, this.ignoreBOM);
      if (!this.#inner) throw new RangeError(`The "${name}" encoding is not supported`);
    }

    get encoding() { return this.#inner.encoding; }
    get fatal() { return this.#options.fatal; }
    get ignoreBOM() { return this.#options.ignoreBOM; }

    decode(source = new Uint8Array(0), options = {}) {
      const bytes = bytesOf(source);
      if (bytes.length > MOST) throw new RangeError(`cannot make a string of ${bytes.length} bytes`);
      return this.#inner.decode(bytes, !options?.stream);
    }

    get [Symbol.toStringTag]() { return "TextDecoder"; }
  }

  class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return encode(wellFormed(String(text))); }

    encodeInto(text, target) {
      if (!(target instanceof Uint8Array)) throw new TypeError("the target must be a Uint8Array");
      // Each unit of the text becomes a byte at least: no more of them can fit.
      const source = String(text).slice(0, target.length);
      const bytes = encode(wellFormed(source));
      if (bytes.length <= target.length) {
        target.set(bytes);
        return { read: source.length, written: bytes.length };
      }
      let written = target.length;
      while ((bytes[written] & 0xc0) === 0x80) written--;
      const whole = bytes.subarray(0, written);
      target.set(whole);
      return { read: decode(whole).length, written };
    }

    get [Symbol.toStringTag]() { return "TextEncoder"; }
  }

  return { TextDecoder, TextEncoder };
};
