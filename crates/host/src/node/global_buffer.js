// Node's class `Buffer`: how buffers are made, found in, compared and cut. Text is in `global_buffer_text`, numbers in
// `global_buffer_numbers`.
(native, use) => {
  const MOST = Number.MAX_SAFE_INTEGER;
  const bytesOf = Uint8Array.prototype;
  const isShared = (value) => globalThis.SharedArrayBuffer !== undefined && value instanceof SharedArrayBuffer;
  const isBuffer = (value) => value instanceof ArrayBuffer || isShared(value);
  const isView = ArrayBuffer.isView;

  class FastBuffer extends Uint8Array {}

  // Old programs call it, with `new` and without.
  function Buffer(value, offset, length) {
    if (typeof value !== "number") return from(value, offset, length);
    if (typeof offset === "string") wrongType("string", "of type string", value);
    return alloc(value);
  }
  Object.setPrototypeOf(Buffer, Uint8Array);
  Object.defineProperty(Buffer, "prototype", { value: FastBuffer.prototype, writable: false });
  Object.defineProperty(FastBuffer.prototype, "constructor", { value: Buffer, writable: true, configurable: true });
  Object.defineProperty(Buffer, Symbol.species, { get: () => FastBuffer, configurable: true });

  const create = (size) => new FastBuffer(size);
  // The same bytes as a `Buffer`.
  const ours = (bytes) => new FastBuffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  // What messages need is there only where there is something to say.
  const errors = () => use("node/errors");
  const wrongType = (name, wanted, value) => { throw errors().invalidType(name, wanted, value); };
  const outOfRange = (name, range, value) => { throw errors().outOfRange(name, range, value); };
  const fail = (Class, code, message) => errors().fail(Class, code, message);

  function sizeOf(size) {
    if (typeof size !== "number") wrongType("size", "of type number", size);
    if (!(size >= 0 && size <= MOST)) outOfRange("size", `>= 0 && <= ${MOST}`, size);
    return Math.trunc(size);
  }

  const { byteLengthOf, decode, encode, encodingOf, isEncoding, wholeLength } = use("node/global_buffer_text").make({ create, native, ours, errors });

  // ---- How they are made

  const FROM = "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object";
  const wrongSource = (value) => fail(TypeError, "ERR_INVALID_ARG_TYPE", `The first argument must be ${FROM}. ${errors().received(value)}`);

  function fromBuffer(buffer, offset, length) {
    let start = 0;
    if (offset !== undefined) {
      start = Number(offset);
      if (Number.isNaN(start)) start = 0;
    }
    const most = buffer.byteLength - start;
    if (most < 0) fail(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
    let count = most;
    if (length !== undefined) {
      count = Number(length);
      if (!(count > 0)) count = 0;
      else if (count > most) fail(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
    }
    return new FastBuffer(buffer, start, count);
  }

  function fromList(list) {
    if (list.length > 0 || list.length === 0) {
      const copy = create(sizeOf(Number(list.length) || 0));
      for (let i = 0; i < copy.length; i++) copy[i] = list[i];
      return copy;
    }
    return create(0);
  }

  // Of an object: a buffer, a list, or what stands for one.
  function fromObject(value) {
    if (isView(value) && typeof value.length === "number") {
      const copy = create(value.length);
      copy.set(value);
      return copy;
    }
    if (value.length !== undefined || isBuffer(value.buffer)) return typeof value.length !== "number" ? create(0) : fromList(value);
    if (value.type === "Buffer" && Array.isArray(value.data)) return fromList(value.data);
    return undefined;
  }

  function from(value, encoding, length) {
    if (typeof value === "string") return encode(value, encoding);
    if (typeof value === "object" && value !== null) {
      if (isBuffer(value)) return fromBuffer(value, encoding, length);
      const inner = value.valueOf?.();
      if (inner !== undefined && inner !== null && inner !== value && (typeof inner === "string" || typeof inner === "object")) return from(inner, encoding, length);
      const made = fromObject(value);
      if (made !== undefined) return made;
      const primitive = value[Symbol.toPrimitive];
      if (typeof primitive === "function") {
        const text = primitive.call(value, "string");
        if (typeof text === "string") return encode(text, encoding);
      }
    }
    return wrongSource(value);
  }

  function alloc(size, value, encoding) {
    const buffer = create(sizeOf(size));
    return value === undefined || value === 0 || buffer.length === 0 ? buffer : buffer.fill(value, encoding);
  }

  function concat(list, length) {
    if (!Array.isArray(list)) wrongType("list", "an instance of Array", list);
    list.forEach((part, i) => {
      if (!(part instanceof Uint8Array)) wrongType(`list[${i}]`, "an instance of Buffer or Uint8Array", part);
    });
    if (length !== undefined) {
      errors().validateInteger(length, "length", 0);
    }
    const total = length ?? list.reduce((sum, part) => sum + part.length, 0);
    const joined = create(sizeOf(total));
    let at = 0;
    for (const part of list) {
      if (at >= total) break;
      joined.set(part.length > total - at ? bytesOf.subarray.call(part, 0, total - at) : part, at);
      at += part.length;
    }
    return joined;
  }

  function copyBytesFrom(view, offset, length) {
    if (!isView(view) || view instanceof DataView) wrongType("view", "an instance of TypedArray", view);
    const [start, count] = [offset ?? 0, length ?? view.length];
    if (offset !== undefined) errors().validateInteger(offset, "offset", 0);
    if (length !== undefined) errors().validateInteger(length, "length", 0);
    const part = view.slice(start, Math.min(start + count, view.length));
    return ours(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }

  function compareBytes(left, right) {
    const count = Math.min(left.length, right.length);
    for (let i = 0; i < count; i++) if (left[i] !== right[i]) return left[i] < right[i] ? -1 : 1;
    return Math.sign(left.length - right.length);
  }

  function compare(left, right) {
    if (!(left instanceof Uint8Array)) wrongType("buf1", "an instance of Buffer or Uint8Array", left);
    if (!(right instanceof Uint8Array)) wrongType("buf2", "an instance of Buffer or Uint8Array", right);
    return compareBytes(left, right);
  }

  function byteLength(value, encoding) {
    if (typeof value === "string") return byteLengthOf(value, encoding);
    if (isView(value) || isBuffer(value)) return value.byteLength;
    return wrongType("string", "of type string or an instance of Buffer or ArrayBuffer", value);
  }

  const ofSize = (size) => create(sizeOf(size));
  const statics = {
    from, of: (...values) => fromList(values), alloc, allocUnsafe: ofSize, allocUnsafeSlow: ofSize, byteLength, compare, concat, copyBytesFrom, isEncoding,
    isBuffer: (value) => value instanceof Buffer, poolSize: 65536,
  };

  // ---- Where something is

  // `text`, a byte or bytes, from a place; the last one where `isLast`.
  function find(buffer, value, place, encoding, isLast) {
    let at = place;
    if (typeof at === "string") [at, encoding] = [undefined, at];
    at = at === undefined || (typeof at === "object" && at !== null) ? (isLast ? buffer.length : 0) : Number(at);
    if (Number.isNaN(at)) at = isLast ? buffer.length : 0;
    at = Math.trunc(Math.max(Math.min(at, MOST), -MOST));
    if (at < 0) at += buffer.length;
    if (typeof value === "number") return findByte(buffer, value & 255, at, isLast);
    let [pattern, step] = [value, 1];
    if (typeof value === "string") {
      const kind = encodingOf(encoding);
      pattern = encode(value, encoding);
      if (kind === "utf16le") step = 2;
    } else if (!(value instanceof Uint8Array)) wrongType("value", "one of type number or string or an instance of Buffer or Uint8Array", value);
    return findBytes(buffer, pattern, at, isLast, step);
  }

  function findByte(buffer, byte, at, isLast) {
    if (at < 0) return isLast ? -1 : bytesOf.indexOf.call(buffer, byte);
    return isLast ? bytesOf.lastIndexOf.call(buffer, byte, at) : bytesOf.indexOf.call(buffer, byte, at);
  }

  function findBytes(buffer, pattern, from_, isLast, step) {
    let at = from_;
    if (pattern.length === 0) return isLast ? (at > buffer.length ? buffer.length : at) : Math.max(0, Math.min(at, buffer.length));
    if (at < 0) {
      if (isLast) return -1;
      at = 0;
    }
    return isLast ? lastOf(buffer, pattern, at, step) : firstOf(buffer, pattern, at, step);
  }

  // For each beginning of a pattern, how long the longest is that it ends with (Knuth, Morris, Pratt): so that each byte is
  // looked at once or twice, whatever the pattern.
  function fallbacks(pattern) {
    const table = new Uint32Array(pattern.length);
    for (let i = 1, length = 0; i < pattern.length; i++) {
      while (length > 0 && pattern[i] !== pattern[length]) length = table[length - 1];
      if (pattern[i] === pattern[length]) length++;
      table[i] = length;
    }
    return table;
  }

  function firstOf(buffer, pattern, from_, step) {
    const table = fallbacks(pattern);
    for (let at = from_, matched = 0; at < buffer.length; at++) {
      if (matched === 0) {
        at = bytesOf.indexOf.call(buffer, pattern[0], at);
        if (at < 0) return -1;
      }
      while (matched > 0 && buffer[at] !== pattern[matched]) matched = table[matched - 1];
      if (buffer[at] === pattern[matched]) matched++;
      if (matched < pattern.length) continue;
      const start = at + 1 - pattern.length;
      if (start % step === 0) return start;
      matched = table[matched - 1];
    }
    return -1;
  }

  // The same from the end.
  function lastOf(buffer, given, from_, step) {
    const pattern = bytesOf.slice.call(given).reverse();
    const table = fallbacks(pattern);
    for (let at = Math.min(buffer.length, from_ + pattern.length) - 1, matched = 0; at >= 0; at--) {
      while (matched > 0 && buffer[at] !== pattern[matched]) matched = table[matched - 1];
      if (buffer[at] === pattern[matched]) matched++;
      if (matched < pattern.length) continue;
      if (at % step === 0) return at;
      matched = table[matched - 1];
    }
    return -1;
  }

  const integerOr = (value, otherwise) => {
    if (value === undefined) return otherwise;
    const number = Math.trunc(Number(value));
    return Number.isNaN(number) ? 0 : number;
  };

  // A place that must be within limits.
  function placed(value, name, least, most, range) {
    if (typeof value !== "number") wrongType(name, "of type number", value);
    if (!Number.isInteger(value)) outOfRange(name, "an integer", value);
    if (value < least || value > most) outOfRange(name, range ?? `>= ${least} && <= ${most}`, value);
    return value;
  }

  // ---- What they do

  const methods = {
    toString(encoding, start, end) {
      if (arguments.length === 0) return decode(this, "utf8");
      const [from_, to] = [Math.max(0, integerOr(start, 0)), Math.min(this.length, integerOr(end, this.length))];
      if (from_ >= this.length || to <= from_) return "";
      return decode(bytesOf.subarray.call(this, from_, to), encoding);
    },
    toLocaleString(...args) { return this.toString(...args); },
    toJSON() { return { type: "Buffer", data: this.length > 0 ? Array.from(this) : [] }; },
    inspect() { return use("web/inspect").inspect(this); },
    equals(other) {
      if (!(other instanceof Uint8Array)) wrongType("otherBuffer", "an instance of Buffer or Uint8Array", other);
      return this === other || (this.length === other.length && compareBytes(this, other) === 0);
    },
    compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
      if (!(target instanceof Uint8Array)) wrongType("target", "an instance of Buffer or Uint8Array", target);
      const limit = (value, name, otherwise, most) => (value === undefined ? otherwise : placed(value, name, 0, most));
      const [from_, to] = [limit(targetStart, "targetStart", 0, MOST), limit(targetEnd, "targetEnd", target.length, target.length)];
      const [ownFrom, ownTo] = [limit(sourceStart, "sourceStart", 0, MOST), limit(sourceEnd, "sourceEnd", this.length, this.length)];
      if (ownFrom >= ownTo) return from_ >= to ? 0 : -1;
      if (from_ >= to) return 1;
      return compareBytes(bytesOf.subarray.call(this, ownFrom, ownTo), bytesOf.subarray.call(target, from_, to));
    },
    indexOf(value, place, encoding) { return find(this, value, place, encoding, false); },
    lastIndexOf(value, place, encoding) { return find(this, value, place, encoding, true); },
    includes(value, place, encoding) { return find(this, value, place, encoding, false) !== -1; },
    subarray(start, end) {
      const limit = (value, otherwise) => {
        const number = integerOr(value, otherwise);
        return number < 0 ? Math.max(0, number + this.length) : Math.min(number, this.length);
      };
      const from_ = limit(start, 0);
      return new FastBuffer(this.buffer, this.byteOffset + from_, Math.max(0, limit(end, this.length) - from_));
    },
    slice(start, end) { return this.subarray(start, end); },
    fill(value, start, end, encoding) {
      if (typeof start === "string") [start, end, encoding] = [undefined, undefined, start];
      else if (typeof end === "string") [end, encoding] = [undefined, end];
      const from_ = start === undefined ? 0 : placed(start, "offset", 0, MOST);
      const to = end === undefined ? this.length : placed(end, "end", 0, this.length);
      if (typeof value === "string") return fillText(this, value, from_, to, encoding);
      if (value instanceof Uint8Array) return fillBytes(this, value, from_, to, value);
      if (from_ >= to) return this;
      return bytesOf.fill.call(this, typeof value === "boolean" ? Number(value) : Number(value) & 255, from_, to);
    },
    copy(target, targetStart, sourceStart, sourceEnd) {
      if (!isView(target)) wrongType("target", "an instance of Buffer or Uint8Array", target);
      if (!(target instanceof Uint8Array)) target = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
      const start = (value, name) => {
        const number = integerOr(value, 0);
        if (number < 0) outOfRange(name, ">= 0", number);
        return number;
      };
      const at = start(targetStart, "targetStart");
      const from_ = integerOr(sourceStart, 0);
      if (from_ < 0 || from_ > this.length) outOfRange("sourceStart", `>= 0 && <= ${this.length}`, from_);
      const to = sourceEnd === undefined ? this.length : start(sourceEnd, "sourceEnd");
      const count = Math.min(to - from_, target.length - at, this.length - from_);
      if (count <= 0) return 0;
      bytesOf.set.call(target, bytesOf.subarray.call(this, from_, from_ + count), at);
      return count;
    },
    write(text, offset, length, encoding) {
      if (typeof text !== "string") fail(TypeError, "ERR_INVALID_ARG_TYPE", "argument must be a string");
      if (typeof offset === "string") [offset, length, encoding] = [undefined, undefined, offset];
      else if (typeof length === "string") [length, encoding] = [undefined, length];
      const at = offset === undefined ? 0 : placed(offset, "offset", 0, this.length);
      const room = length === undefined ? this.length - at : Math.min(placed(length, "length", 0, this.length), this.length - at);
      const bytes = encode(text, encoding);
      const count = wholeLength(bytes, room, encoding);
      bytesOf.set.call(this, bytesOf.subarray.call(bytes, 0, count), at);
      return count;
    },
  };
  for (const [name, encoding] of [["utf8", "utf8"], ["latin1", "latin1"], ["ascii", "latin1"], ["hex", "hex"], ["base64", "base64"], ["base64url", "base64url"], ["ucs2", "utf16le"]]) {
    methods[`${name}Write`] = { [`${name}Write`](text, offset, length) { return this.write(text, offset ?? 0, length ?? this.length - (offset ?? 0), encoding); } }[`${name}Write`];
    methods[`${name}Slice`] = { [`${name}Slice`](start, end) { return this.toString(name, start ?? 0, end ?? this.length); } }[`${name}Slice`];
  }
  for (const size of [16, 32, 64]) {
    methods[`swap${size}`] = { [`swap${size}`]() {
      if (this.length % (size / 8) !== 0) fail(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${size}-bits`);
      for (let at = 0; at < this.length; at += size / 8) bytesOf.reverse.call(bytesOf.subarray.call(this, at, at + size / 8));
      return this;
    } }[`swap${size}`];
  }

  function fillText(buffer, text, start, end, encoding) {
    if (encoding !== undefined && typeof encoding !== "string") wrongType("encoding", "of type string", encoding);
    if (text.length === 0) return start >= end ? buffer : bytesOf.fill.call(buffer, 0, start, end);
    return fillBytes(buffer, encode(text, encoding), start, end, text);
  }

  function fillBytes(buffer, pattern, start, end, given) {
    if (pattern.length === 0) throw errors().invalidValue("value", given);
    if (start >= end) return buffer;
    bytesOf.set.call(buffer, bytesOf.subarray.call(pattern, 0, end - start), start);
    for (let filled = pattern.length; filled < end - start; filled *= 2) {
      bytesOf.copyWithin.call(buffer, start + filled, start, Math.min(start + filled, end - filled));
    }
    return buffer;
  }

  const define = (object, members, enumerable = false) => {
    for (const [key, value] of Object.entries(members)) {
      if (typeof value === "function" && value.name !== key && value.name === "") Object.defineProperty(value, "name", { value: key, configurable: true });
      Object.defineProperty(object, key, { value, writable: true, configurable: true, enumerable });
    }
  };
  define(Buffer, statics, true);
  define(Buffer.prototype, methods);
  define(Buffer.prototype, use("node/global_buffer_numbers").methods);
  Object.defineProperties(Buffer.prototype, {
    parent: { get() { return this instanceof Buffer ? this.buffer : undefined; }, configurable: true },
    offset: { get() { return this instanceof Buffer ? this.byteOffset : undefined; }, configurable: true },
  });


  return { Buffer };
};
