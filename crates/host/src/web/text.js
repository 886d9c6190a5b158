// `TextEncoder` and `TextDecoder`, by the Encoding standard, on top of the host's encodings.
({ decoderFor, encode, decode }, use) => {
  const { dictionary, fail, finish, need, text } = use("web/idl");
  const { isArrayBuffer } = use("web/streams/common");
  // Most bytes to make a string of. QuickJS ends at 2^30 - 1 characters, and says so only after the work.
  const MOST = 2 ** 30 - 1;

  // The bytes of a buffer or of a view, its own range.
  function bytesOf(source) {
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    const isBuffer = isArrayBuffer(source) || (globalThis.SharedArrayBuffer !== undefined && source instanceof SharedArrayBuffer);
    if (!isBuffer) throw fail(TypeError, "what is decoded must be an ArrayBuffer or a view of one", "ERR_INVALID_ARG_TYPE");
    return source.detached === true ? new Uint8Array(0) : new Uint8Array(source);
  }

  // The state of a decoder, for `TextDecoder` and `TextDecoderStream`.
  function start(label, options) {
    const name = text(label);
    const { fatal, ignoreBOM } = dictionary(options);
    const state = { fatal: Boolean(fatal), ignoreBOM: Boolean(ignoreBOM) };
    state.inner = decoderFor(name, state.fatal, state.ignoreBOM);
    if (!state.inner) throw fail(RangeError, `The "${name}" encoding is not supported`, "ERR_ENCODING_NOT_SUPPORTED");
    state.encoding = state.inner.encoding;
    return state;
  }

  function decodeWith({ inner, fatal, encoding }, bytes, isLast) {
    if (bytes.length > MOST) throw new RangeError(`cannot make a string of ${bytes.length} bytes`);
    try {
      return inner.decode(bytes, isLast);
    } catch (error) {
      if (!fatal || !(error instanceof TypeError)) throw error;
      throw fail(TypeError, `The encoded data was not valid for encoding ${encoding}`, "ERR_ENCODING_INVALID_ENCODED_DATA");
    }
  }

  class TextDecoder {
    #state;

    constructor(label = "utf-8", options = undefined) {
      this.#state = start(label, options);
    }

    get encoding() { return this.#state.encoding; }
    get fatal() { return this.#state.fatal; }
    get ignoreBOM() { return this.#state.ignoreBOM; }

    decode(input = undefined, options = undefined) {
      const state = this.#state;
      const bytes = input === undefined ? new Uint8Array(0) : bytesOf(input);
      const { stream } = dictionary(options);
      return decodeWith(state, bytes, !stream);
    }
  }
  finish(TextDecoder, { shown: ["encoding", "fatal", "ignoreBOM"] });

  class TextEncoder {
    #brand;

    get encoding() { this.#brand; return "utf-8"; }

    encode(input = "") {
      this.#brand;
      return encode(text(input));
    }

    encodeInto(source, destination) {
      this.#brand;
      need(arguments.length, 2, "encodeInto");
      const whole = `${source}`;
      if (!(destination instanceof Uint8Array)) throw fail(TypeError, "the destination must be a Uint8Array", "ERR_INVALID_ARG_TYPE");
      // Each unit of the text becomes a byte at least: no more of them can fit. And a pair is not taken apart.
      let units = Math.min(whole.length, destination.length);
      if (units < whole.length && /[\ud800-\udbff]$/.test(whole.slice(units - 1, units)) && /^[\udc00-\udfff]/.test(whole.slice(units, units + 1))) units -= 1;
      const part = whole.slice(0, units);
      const bytes = encode(text(part));
      if (bytes.length <= destination.length) {
        destination.set(bytes);
        return { read: part.length, written: bytes.length };
      }
      let written = destination.length;
      while ((bytes[written] & 0xc0) === 0x80) written--;
      const fitting = bytes.subarray(0, written);
      destination.set(fitting);
      return { read: decode(fitting).length, written };
    }
  }
  finish(TextEncoder);

  return { TextDecoder, TextEncoder, bytesOf, decodeWith, start };
};
