// The Web's `TextEncoder` and `TextDecoder` on top of LLRT's, which take less than the standard allows.
(Encoder, Decoder) => {
  const wellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
  // Most bytes to make a string of. QuickJS ends at 2^30 - 1 characters, and says so only after the work.
  const MOST = 2 ** 30 - 1;

  function bytesOf(source) {
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    throw new TypeError("what is decoded must be an ArrayBuffer or a view of one");
  }

  // How many bytes at the end start a character that is not complete.
  function openEnd(bytes, encoding) {
    if (encoding.startsWith("utf-16")) return bytes.length % 2;
    if (encoding !== "utf-8") return 0;
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back];
      if (byte < 0x80) return 0;
      if (byte < 0xc0) continue;
      const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      return size > back ? back : 0;
    }
    return 0;
  }

  class TextDecoder {
    #inner;
    #rest = new Uint8Array(0);
    #isStarted = false;
    #options;

    constructor(label = "utf-8", options = {}) {
      this.#options = { fatal: Boolean(options?.fatal), ignoreBOM: Boolean(options?.ignoreBOM) };
      // LLRT knows two that are none of the Web.
      if (/^\s*(hex|base64)?\s*$/i.test(label)) throw new RangeError(`The "${label}" encoding is not supported`);
      this.#inner = new Decoder(String(label), { fatal: this.#options.fatal, ignoreBOM: true });
    }

    get encoding() { return this.#inner.encoding; }
    get fatal() { return this.#options.fatal; }
    get ignoreBOM() { return this.#options.ignoreBOM; }

    decode(source = new Uint8Array(0), options = {}) {
      let bytes = bytesOf(source);
      if (bytes.length > MOST) throw new RangeError(`cannot make a string of ${bytes.length} bytes`);
      if (this.#rest.length > 0) {
        const joined = new Uint8Array(this.#rest.length + bytes.length);
        joined.set(this.#rest);
        joined.set(bytes, this.#rest.length);
        bytes = joined;
      }
      const goesOn = Boolean(options?.stream);
      const end = bytes.length - (goesOn ? openEnd(bytes, this.encoding) : 0);
      this.#rest = bytes.slice(end);
      const text = this.encoding === "windows-1252" ? fromLatin(bytes) : this.#inner.decode(bytes.subarray(0, end));
      const hasMark = !this.#isStarted && !this.ignoreBOM && text.charCodeAt(0) === 0xfeff;
      this.#isStarted = goesOn && (this.#isStarted || end > 0);
      return hasMark ? text.slice(1) : text;
    }

    get [Symbol.toStringTag]() { return "TextDecoder"; }
  }

  // The characters of windows-1252 that are not those of Latin-1, from 0x80 on.
  const WINDOWS = "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

  function fromLatin(bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 4096) parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
    return parts.join("").replace(/[\x80-\x9f]/g, (c) => WINDOWS[c.charCodeAt(0) - 0x80]);
  }

  class TextEncoder {
    #inner = new Encoder();

    get encoding() { return "utf-8"; }
    encode(text = "") { return this.#inner.encode(wellFormed(String(text))); }
    encodeInto(text, target) { return this.#inner.encodeInto(wellFormed(String(text)), target); }
    get [Symbol.toStringTag]() { return "TextEncoder"; }
  }

  return { TextDecoder, TextEncoder };
};
