// Node's class `Buffer`, on top of the host's UTF-8 and of what `Uint8Array` has for hex and base64.
(host) => {
  const MOST = 2 ** 31 - 1;
  const MOST_CHARACTERS = 2 ** 30 - 1;
  const wellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);
  const { fromHex, fromBase64 } = Uint8Array;
  const toHex = Function.prototype.call.bind(Uint8Array.prototype.toHex);
  const toBase64 = Function.prototype.call.bind(Uint8Array.prototype.toBase64);
  const fail = (Class, code, message) => {
    throw Object.assign(new Class(message), { code });
  };

  function integer(name, value, least, most) {
    if (typeof value !== "number") fail(TypeError, "ERR_INVALID_ARG_TYPE", `${name} must be a number, not ${typeof value}`);
    if (!(value >= least && value <= most)) {
      fail(RangeError, "ERR_OUT_OF_RANGE", `${name} must be between ${least} and ${most}, not ${value}`);
    }
    return Math.trunc(value);
  }

  class Buffer extends Uint8Array {}

  // Characters of so many bytes at a time: that many arguments are no trouble to QuickJS.
  function fromUnits(units) {
    const parts = [];
    for (let at = 0; at < units.length; at += 4096) parts.push(String.fromCharCode(...units.subarray(at, at + 4096)));
    return parts.join("");
  }

  function fromWide(bytes, isLittle) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const units = new Uint16Array(bytes.length >> 1);
    for (let i = 0; i < units.length; i++) units[i] = view.getUint16(2 * i, isLittle);
    return fromUnits(units);
  }

  function toWide(text, isLittle) {
    const bytes = create(2 * text.length);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), isLittle);
    return bytes;
  }

  function toBytes(text) {
    const bytes = create(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }

  // The same bytes as a `Buffer`.
  const ours = (bytes) => new Buffer(bytes.buffer, bytes.byteOffset, bytes.length);

  // Encodings: characters for each byte at most, bytes of a text, text of bytes.
  const KINDS_OF_TEXT = {
    utf8: [1, (text) => ours(host.encode(wellFormed(text))), (bytes) => host.decode(bytes)],
    latin1: [1, toBytes, fromUnits],
    utf16le: [1, (text) => toWide(text, true), (bytes) => fromWide(bytes, true)],
    utf16be: [1, (text) => toWide(text, false), (bytes) => fromWide(bytes, false)],
    hex: [2, (text) => ours(fromHex.call(Uint8Array, text)), (bytes) => toHex(bytes)],
    base64: [4 / 3, (text) => ours(fromBase64.call(Uint8Array, text.replaceAll("-", "+").replaceAll("_", "/"))), (bytes) => toBase64(bytes)],
  };
  const ALIASES = {
    "utf-8": "utf8", ascii: "latin1", binary: "latin1", "us-ascii": "latin1", "iso-8859-1": "latin1", "windows-1252": "latin1",
    ucs2: "utf16le", "ucs-2": "utf16le", "utf-16": "utf16le", "utf-16le": "utf16le", "utf-16be": "utf16be",
  };

  function kindOf(encoding) {
    const label = String(encoding).toLowerCase();
    const name = Object.hasOwn(ALIASES, label) ? ALIASES[label] : label;
    return Object.hasOwn(KINDS_OF_TEXT, name) ? KINDS_OF_TEXT[name] : undefined;
  }

  const known = (encoding) => kindOf(encoding) ?? fail(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);

  const encode = (text, encoding) => known(encoding)[1](text);

  function decode(bytes, encoding) {
    const [size, , text] = known(encoding);
    if (bytes.length * size > MOST_CHARACTERS) {
      fail(RangeError, "ERR_STRING_TOO_LONG", `cannot make a string of ${bytes.length} bytes`);
    }
    return text(bytes);
  }

  const create = (size) => new Buffer(integer("size", size, 0, MOST));

  const statics = {
    from(value, offset, length) {
      if (typeof value === "string") return encode(value, offset ?? "utf8");
      const inner = typeof value === "object" && value !== null ? value.valueOf?.() : undefined;
      if (inner instanceof ArrayBuffer || (globalThis.SharedArrayBuffer !== undefined && inner instanceof SharedArrayBuffer)) {
        return new Buffer(inner, offset, length);
      }
      if (inner !== undefined && inner !== value) return Buffer.from(inner, offset, length);
      const data = inner?.type === "Buffer" && Array.isArray(inner.data) ? inner.data : inner;
      if (typeof data?.length !== "number") {
        fail(TypeError, "ERR_INVALID_ARG_TYPE", "a Buffer is made from a string, a buffer, a view or an array");
      }
      const copy = create(data.length);
      copy.set(data);
      return copy;
    },
    byteLength: (value, encoding) => (typeof value === "string" ? encode(value, encoding ?? "utf8").length : value.byteLength),
    alloc(size, value, encoding) {
      const buffer = create(size);
      return value === undefined || size === 0 ? buffer : buffer.fill(value, encoding);
    },
    isBuffer: (value) => value instanceof Buffer,
    isEncoding: (encoding) => typeof encoding === "string" && kindOf(encoding) !== undefined,
    allocUnsafe: create,
    allocUnsafeSlow: create,
    concat(list, length) {
      const total = length ?? list.reduce((sum, part) => sum + part.length, 0);
      const joined = create(total);
      let at = 0;
      for (const part of list) {
        if (at >= total) break;
        joined.set(part.subarray(0, total - at), at);
        at += part.length;
      }
      return joined;
    },
  };

  const methods = {
    toString(encoding = "utf8", start = 0, end = this.length) {
      return decode(Uint8Array.prototype.subarray.call(this, Math.max(start, 0), Math.max(end, 0)), encoding);
    },
    toJSON() {
      return { type: "Buffer", data: Array.from(this) };
    },
    equals(other) {
      return this.length === other.length && this.every((byte, i) => byte === other[i]);
    },
    subarray: Uint8Array.prototype.subarray,
    slice: Uint8Array.prototype.subarray,
    fill(value, start = 0, end = this.length, encoding = "utf8") {
      if (typeof start === "string") [start, end, encoding] = [0, this.length, start];
      else if (typeof end === "string") [end, encoding] = [this.length, end];
      start = integer("offset", start, 0, this.length);
      end = integer("end", end, 0, this.length);
      const fill = Uint8Array.prototype.fill;
      const isBytes = typeof value === "string" || ArrayBuffer.isView(value);
      if (!isBytes) return fill.call(this, Number(value) & 255, start, end);
      const pattern = typeof value === "string" ? encode(value, encoding) : value;
      if (pattern.length === 0) {
        if (value !== "") fail(TypeError, "ERR_INVALID_ARG_VALUE", "the pattern to fill with is empty");
        return fill.call(this, 0, start, end);
      }
      if (end <= start) return this;
      this.set(pattern.subarray(0, end - start), start);
      for (let filled = pattern.length; filled < end - start; filled *= 2) {
        this.copyWithin(start + filled, start, Math.min(start + filled, end - filled));
      }
      return this;
    },
    copy(target, targetStart = 0, sourceStart = 0, sourceEnd = this.length) {
      const from = integer("sourceStart", sourceStart, 0, this.length);
      const at = integer("targetStart", targetStart, 0, Infinity);
      const end = Math.min(integer("sourceEnd", sourceEnd, 0, Infinity), this.length);
      const count = Math.min(end - from, target.length - at);
      if (count <= 0) return 0;
      target.set(this.subarray(from, from + count), at);
      return count;
    },
    write(text, offset = 0, length = undefined, encoding = "utf8") {
      if (typeof offset === "string") [offset, encoding] = [0, offset];
      else if (typeof length === "string") [length, encoding] = [undefined, length];
      offset = integer("offset", offset, 0, this.length);
      const room = Math.min(integer("length", length ?? this.length - offset, 0, MOST), this.length - offset);
      const bytes = encode(String(text), encoding);
      let count = Math.min(room, bytes.length);
      // No half of a character.
      if (/^utf-?8$/i.test(encoding)) while (count < bytes.length && (bytes[count] & 0xc0) === 0x80) count--;
      this.set(bytes.subarray(0, count), offset);
      return count;
    },
  };

  // Name in `Buffer`, name in `DataView`, size, bounds of what may be written.
  const KINDS = [
    ["Int8", "Int8", 1, -(2 ** 7), 2 ** 7 - 1], ["UInt8", "Uint8", 1, 0, 2 ** 8 - 1],
    ["Int16", "Int16", 2, -(2 ** 15), 2 ** 15 - 1], ["UInt16", "Uint16", 2, 0, 2 ** 16 - 1],
    ["Int32", "Int32", 4, -(2 ** 31), 2 ** 31 - 1], ["UInt32", "Uint32", 4, 0, 2 ** 32 - 1],
    ["Float", "Float32", 4], ["Double", "Float64", 8],
    ["BigInt64", "BigInt64", 8, -(2n ** 63n), 2n ** 63n - 1n], ["BigUInt64", "BigUint64", 8, 0n, 2n ** 64n - 1n],
  ];
  const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

  function checked(value, least, most) {
    if (least === undefined) return value;
    if (typeof value !== typeof least) fail(TypeError, "ERR_INVALID_ARG_TYPE", `value must be a ${typeof least}, not ${typeof value}`);
    if (value < least || value > most) fail(RangeError, "ERR_OUT_OF_RANGE", `value must be between ${least} and ${most}, not ${value}`);
    return value;
  }

  for (const [name, inner, size, least, most] of KINDS) {
    for (const [end, isLittle] of size === 1 ? [["", true]] : [["LE", true], ["BE", false]]) {
      const read = function (offset = 0) {
        return view(this)[`get${inner}`](integer("offset", offset, 0, this.length - size), isLittle);
      };
      const write = function (value, offset = 0) {
        const at = integer("offset", offset, 0, this.length - size);
        view(this)[`set${inner}`](at, checked(value, least, most), isLittle);
        return at + size;
      };
      for (const alias of new Set([name, name.replace("UInt", "Uint")])) {
        Object.assign(methods, { [`read${alias}${end}`]: read, [`write${alias}${end}`]: write });
      }
    }
  }

  const define = (object, members) => {
    for (const [key, value] of Object.entries(members)) {
      Object.defineProperty(object, key, { value, writable: true, configurable: true });
    }
  };
  define(Buffer, statics);
  define(Buffer.prototype, methods);
  return { Buffer };
};
