// Text of buffers: its encodings, on top of the host's UTF-8 and of what `Uint8Array` has for hex and base64.
() => {
  const MOST_CHARACTERS = 2 ** 30 - 1;
  const wellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
  const { fromHex, fromBase64 } = Uint8Array;
  const toHex = Function.prototype.call.bind(Uint8Array.prototype.toHex);
  const toBase64 = Function.prototype.call.bind(Uint8Array.prototype.toBase64);

  const ALIASES = { "utf-8": "utf8", binary: "latin1", ucs2: "utf16le", "ucs-2": "utf16le", "utf-16le": "utf16le" };
  const KINDS = new Set(["utf8", "latin1", "ascii", "utf16le", "hex", "base64", "base64url"]);

  function make({ create, native, ours, errors }) {
    // Characters of so many bytes at a time: that many arguments are no trouble to QuickJS.
    function fromUnits(units) {
      const parts = [];
      for (let at = 0; at < units.length; at += 4096) parts.push(String.fromCharCode(...units.subarray(at, at + 4096)));
      return parts.join("");
    }

    function fromWide(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const units = new Uint16Array(bytes.length >> 1);
      for (let i = 0; i < units.length; i++) units[i] = view.getUint16(2 * i, true);
      return fromUnits(units);
    }

    function toWide(text) {
      const bytes = create(2 * text.length);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
      return bytes;
    }

    function toBytes(text) {
      const bytes = create(text.length);
      for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
      return bytes;
    }

    // Up to what is none.
    function hexBytes(text) {
      const end = text.search(/[^0-9a-fA-F]/);
      const digits = end < 0 ? text.length : end;
      return ours(fromHex.call(Uint8Array, text.slice(0, digits - (digits % 2))));
    }

    // Both alphabets; what is none of either counts for nothing, and `=` ends it.
    function base64Bytes(text) {
      const end = text.indexOf("=");
      const letters = (end < 0 ? text : text.slice(0, end)).replace(/[^A-Za-z0-9+/_-]/g, "").replaceAll("-", "+").replaceAll("_", "/");
      const whole = letters.length % 4 === 1 ? letters.slice(0, -1) : letters;
      return ours(fromBase64.call(Uint8Array, whole));
    }

    // Bytes of a text, text of bytes, characters for each byte at most.
    const CODECS = {
      utf8: [(text) => ours(native.encode(wellFormed(text))), (bytes) => native.decode(bytes), 1],
      latin1: [toBytes, fromUnits, 1],
      ascii: [toBytes, (bytes) => fromUnits(bytes.map((byte) => byte & 127)), 1],
      utf16le: [toWide, fromWide, 1],
      hex: [hexBytes, (bytes) => toHex(bytes), 2],
      base64: [base64Bytes, (bytes) => toBase64(bytes), 4 / 3],
      base64url: [base64Bytes, (bytes) => toBase64(bytes, { alphabet: "base64url", omitPadding: true }), 4 / 3],
    };

    // The name of an encoding, or nothing.
    function nameOf(encoding) {
      if (encoding === "utf8" || encoding === undefined) return "utf8";
      const lower = `${encoding}`.toLowerCase();
      const name = Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : lower;
      return KINDS.has(name) ? name : undefined;
    }

    function encodingOf(encoding) {
      const name = typeof encoding === "string" && encoding !== "" ? nameOf(encoding) : "utf8";
      return name ?? errors().fail(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    }

    const encode = (text, encoding) => CODECS[encodingOf(encoding)][0](text);

    function decode(bytes, encoding) {
      const name = nameOf(encoding) ?? errors().fail(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
      const [, text, size] = CODECS[name];
      if (bytes.length * size > MOST_CHARACTERS) errors().fail(Error, "ERR_STRING_TOO_LONG", `Cannot create a string longer than 0x${MOST_CHARACTERS.toString(16)} characters`);
      return text(bytes);
    }

    function byteLengthOf(text, encoding) {
      switch (typeof encoding === "string" ? nameOf(encoding) : "utf8") {
        case "latin1": case "ascii": return text.length;
        case "utf16le": return 2 * text.length;
        case "hex": return text.length >>> 1;
        case "base64": case "base64url": {
          const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
          return ((text.length - padding) * 3) >>> 2;
        }
        default: return native.encode(wellFormed(text)).length;
      }
    }

    // How many of the bytes of a text there is room for, without half of a character.
    function wholeLength(bytes, room, encoding) {
      let count = Math.min(room, bytes.length);
      const name = encodingOf(encoding);
      if (name === "utf16le") count -= count % 2;
      else if (name === "utf8") while (count < bytes.length && count > 0 && (bytes[count] & 0xc0) === 0x80) count--;
      return count;
    }

    const isEncoding = (encoding) => typeof encoding === "string" && encoding !== "" && nameOf(encoding) !== undefined;
    return { byteLengthOf, decode, encode, encodingOf, isEncoding, wholeLength };
  }

  return { make };
};
