// The bytes that V8 writes for a value: `serialize` and `deserialize` of `node:v8`. Both work off a list, so that no depth
// is too much.
(native, use) => {
  const { fail } = use("node/errors");
  const VERSION = 15;
  const ERRORS = { E: EvalError, R: RangeError, F: ReferenceError, S: SyntaxError, T: TypeError, U: URIError };
  // Views: V8's tags, and Node's numbers for those that it writes itself.
  const VIEWS = { b: Int8Array, B: Uint8Array, C: Uint8ClampedArray, w: Int16Array, W: Uint16Array, d: Int32Array, D: Uint32Array, f: Float32Array, F: Float64Array, q: BigInt64Array, Q: BigUint64Array, h: globalThis.Float16Array ?? DataView, "?": DataView };
  const BY_NUMBER = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, DataView, undefined, BigInt64Array, BigUint64Array, globalThis.Float16Array];
  const code = (letter) => letter.charCodeAt(0);
  const refuse = (what) => {
    throw new Error(`${what} could not be cloned.`);
  };
  const toTag = Function.prototype.call.bind(Object.prototype.toString);
  const shownOf = (value) => (typeof value === "function" ? String(value) : typeof value === "symbol" ? String(value) : `#<${value?.constructor?.name ?? "Object"}>`);

  // What asks a serializer whether a value is for `_writeHostObject`.
  const HOST = Symbol("host");

  class Serializer {
    #bytes = new Uint8Array(256);
    #length = 0;
    #seen = new Map();
    #viewsAreObjects = false;

    #room(count) {
      const needed = this.#length + count;
      if (needed <= this.#bytes.length) return;
      const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      bytes.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = bytes;
    }

    #byte(value) {
      this.#room(1);
      this.#bytes[this.#length++] = value;
    }

    #raw(bytes) {
      this.#room(bytes.length);
      this.#bytes.set(bytes, this.#length);
      this.#length += bytes.length;
    }

    #varint(value) {
      let left = value;
      for (; left >= 128; left = Math.floor(left / 128)) this.#byte((left % 128) | 128);
      this.#byte(left);
    }

    #tag(letter) { this.#byte(code(letter)); }

    #text(text) {
      if (/^[\0-\xff]*$/.test(text)) {
        this.#tag('"');
        this.#varint(text.length);
        this.#raw(Buffer.from(text, "latin1"));
        return;
      }
      // Two bytes for a character lie at an even place.
      let size = 1;
      for (let left = 2 * text.length; left >= 128; left /= 128) size++;
      if ((this.#length + 1 + size) % 2 === 1) this.#byte(0);
      this.#tag("c");
      this.#varint(2 * text.length);
      this.#raw(Buffer.from(text, "utf16le"));
    }

    #number(value) {
      if (Number.isInteger(value) && !Object.is(value, -0) && value >= -(2 ** 30) && value < 2 ** 30) {
        this.#tag("I");
        this.#varint(value >= 0 ? 2 * value : -2 * value - 1);
      } else {
        this.#tag("N");
        this.writeDouble(value);
      }
    }

    #bigint(value) {
      const digits = [];
      for (let left = value < 0n ? -value : value; left > 0n; left >>= 64n) digits.push(left & 0xffffffffffffffffn);
      this.#varint(16 * digits.length + (value < 0n ? 1 : 0));
      for (const digit of digits) this.#raw(new Uint8Array(new BigUint64Array([digit]).buffer));
    }

    writeHeader() {
      this.#byte(0xff);
      this.#byte(VERSION);
    }

    // Work is a list of functions, the next one last: what is inside of a value comes before what closes it.
    writeValue(value) {
      const work = [() => this.#write(value, work)];
      while (work.length > 0) work.pop()();
      return true;
    }

    #write(value, work) {
      switch (typeof value) {
        case "undefined": return this.#tag("_");
        case "boolean": return this.#tag(value ? "T" : "F");
        case "number": return this.#number(value);
        case "bigint": return this.#tag("Z"), this.#bigint(value);
        case "string": return this.#text(value);
        case "function": case "symbol": return this.#refuse(value);
      }
      if (value === null) return this.#tag("0");
      const known = this.#seen.get(value);
      if (known !== undefined) {
        this.#tag("^");
        return this.#varint(known);
      }
      if (this[HOST]?.(value)) {
        this.#seen.set(value, this.#seen.size);
        return this.#host(value);
      }
      if (ArrayBuffer.isView(value) && !this.#viewsAreObjects) this.#write(value.buffer, work);
      this.#seen.set(value, this.#seen.size);
      return this.#object(value, work);
    }

    #refuse(value) {
      throw new this._getDataCloneError(`${shownOf(value)} could not be cloned.`);
    }

    #object(value, work) {
      if (ArrayBuffer.isView(value)) return this.#viewsAreObjects ? this.#host(value) : this.#view(value);
      if (Array.isArray(value)) return this.#array(value, work);
      if (value instanceof ArrayBuffer) return this.#buffer(value);
      if (value instanceof Date) return this.#tag("D"), this.writeDouble(value.getTime());
      if (value instanceof Map) return this.#map(value, work);
      if (value instanceof Set) return this.#set(value, work);
      if (value instanceof RegExp) return this.#regexp(value);
      if (value instanceof Error) return this.#error(value, work);
      if (value instanceof Number) return this.#tag("n"), this.writeDouble(Number(value));
      if (value instanceof String) return this.#tag("s"), this.#text(String(value));
      if (value instanceof Boolean) return this.#tag(value.valueOf() ? "y" : "x");
      if (value instanceof BigInt) return this.#tag("z"), this.#bigint(value.valueOf());
      if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef || value instanceof SharedArrayBuffer) return this.#refuse(value);
      if (toTag(value) === "[object Arguments]") return this.#plain(value, work);
      return this.#plain(value, work);
    }

    #properties(value, keys, work, end) {
      let count = 0;
      const entries = keys.map((key) => () => {
        if (!Object.hasOwn(value, key)) return;
        const inner = value[key];
        count++;
        if (/^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1) this.#number(Number(key));
        else this.#text(key);
        work.push(() => this.#write(inner, work));
      });
      work.push(() => end(count));
      for (let i = entries.length - 1; i >= 0; i--) work.push(entries[i]);
    }

    #plain(value, work) {
      this.#tag("o");
      this.#properties(value, Object.keys(value), work, (count) => { this.#tag("{"); this.#varint(count); });
    }

    #array(value, work) {
      const { length } = value;
      const keys = Object.keys(value);
      const dense = keys.length >= length && keys.slice(0, length).every((key, i) => key === String(i));
      if (!dense) {
        this.#tag("a");
        this.#varint(length);
        this.#properties(value, keys, work, (count) => { this.#tag("@"); this.#varint(count); this.#varint(length); });
        return;
      }
      this.#tag("A");
      this.#varint(length);
      work.push(() => this.#properties(value, keys.slice(length), work, (count) => { this.#tag("$"); this.#varint(count); this.#varint(length); }));
      for (let i = length - 1; i >= 0; i--) work.push(() => (i in value ? this.#write(value[i], work) : this.#tag("-")));
    }

    #map(value, work) {
      this.#tag(";");
      const flat = [...value].flat(1);
      work.push(() => { this.#tag(":"); this.#varint(flat.length); });
      for (let i = flat.length - 1; i >= 0; i--) work.push(() => this.#write(flat[i], work));
    }

    #set(value, work) {
      this.#tag("'");
      const items = [...value];
      work.push(() => { this.#tag(","); this.#varint(items.length); });
      for (let i = items.length - 1; i >= 0; i--) work.push(() => this.#write(items[i], work));
    }

    #regexp({ source, flags }) {
      const BITS = { g: 1, i: 2, m: 4, y: 8, u: 16, s: 32, d: 128, v: 256 };
      this.#tag("R");
      this.#text(source);
      this.#varint([...flags].reduce((sum, flag) => sum + (BITS[flag] ?? 0), 0));
    }

    #error(value, work) {
      this.#tag("r");
      const letter = Object.keys(ERRORS).find((key) => ERRORS[key].name === value.name);
      if (letter !== undefined) this.#tag(letter);
      if (Object.hasOwn(value, "message")) { this.#tag("m"); this.#text(String(value.message)); }
      const { stack } = value;
      const end = () => {
        if (typeof stack === "string") { this.#tag("s"); this.#text(stack); }
        this.#tag(".");
      };
      work.push(end);
      if (Object.hasOwn(value, "cause")) {
        this.#tag("c");
        work.push(() => this.#write(value.cause, work));
      }
    }

    #buffer(buffer) {
      const bytes = new Uint8Array(buffer);
      this.#tag(buffer.resizable ? "~" : "B");
      this.#varint(bytes.length);
      if (buffer.resizable) this.#varint(buffer.maxByteLength);
      this.#raw(bytes);
    }

    #view(view) {
      const letter = Object.keys(VIEWS).find((key) => view instanceof VIEWS[key]);
      this.#tag("V");
      this.#tag(letter);
      this.#varint(view.byteOffset);
      this.#varint(view.byteLength);
      this.#varint(0);
    }

    #host(view) {
      this.#tag("\\");
      this._writeHostObject(view);
    }

    _writeHostObject() { fail(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _writeHostObject() method is not implemented"); }
    _setTreatArrayBufferViewsAsHostObjects(value) { this.#viewsAreObjects = Boolean(value); }
    releaseBuffer() {
      const bytes = Buffer.from(this.#bytes.slice(0, this.#length));
      [this.#bytes, this.#length] = [new Uint8Array(256), 0];
      return bytes;
    }
    transferArrayBuffer() {}
    writeUint32(value) { this.#varint(value >>> 0); }
    writeUint64(high, low) {
      let left = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
      for (; left >= 128n; left >>= 7n) this.#byte(Number(left & 127n) | 128);
      this.#byte(Number(left));
    }
    writeDouble(value) { this.#raw(new Uint8Array(new Float64Array([value]).buffer)); }
    writeRawBytes(view) { this.#raw(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)); }
  }

  Serializer.prototype._getDataCloneError = Error;

  class Deserializer {
    #bytes;
    #view;
    #at = 0;
    #objects = [];
    #version = 0;

    constructor(buffer) {
      this.buffer = buffer;
      this.#bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }

    #byte() {
      if (this.#at >= this.#bytes.length) unable();
      return this.#bytes[this.#at++];
    }

    #varint() {
      let [value, factor] = [0, 1];
      for (let i = 0; i < 10; i++) {
        const byte = this.#byte();
        value += (byte & 127) * factor;
        factor *= 128;
        if (byte < 128) return value;
      }
      return unable();
    }

    #raw(count) {
      if (count > this.#bytes.length - this.#at) unable();
      const bytes = this.#bytes.subarray(this.#at, this.#at + count);
      this.#at += count;
      return bytes;
    }

    #letter() {
      let byte = this.#byte();
      while (byte === 0) byte = this.#byte();
      return String.fromCharCode(byte);
    }

    readHeader() {
      if (this.#bytes.length < 2 || this.#byte() !== 0xff) unable("Unable to deserialize cloned data due to invalid or unsupported version.");
      this.#version = this.#byte();
      if (this.#version > VERSION || this.#version < 13) unable("Unable to deserialize cloned data due to invalid or unsupported version.");
      return true;
    }

    getWireFormatVersion() { return this.#version; }

    #text(letter) {
      const bytes = Buffer.from(this.#raw(this.#varint()));
      if (letter === '"') return bytes.toString("latin1");
      if (letter === "c") return bytes.toString("utf16le");
      return letter === "S" ? bytes.toString("utf8") : unable();
    }

    #bigint() {
      const field = this.#varint();
      const bytes = this.#raw(Math.floor(field / 16) * 8);
      let value = 0n;
      for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
      return field % 2 === 1 ? -value : value;
    }

    // A value is handed to `give`; `work` has what is still to be read, the next one last.
    readValue() {
      let result;
      const work = [() => this.#read(work, (value) => { result = value; })];
      while (work.length > 0) work.pop()();
      return result;
    }

    #keep(object) {
      this.#objects.push(object);
      return object;
    }

    #read(work, give) {
      const letter = this.#letter();
      switch (letter) {
        case "_": return give(undefined);
        case "0": return give(null);
        case "T": return give(true);
        case "F": return give(false);
        case "I": { const z = this.#varint(); return give(z % 2 === 1 ? -(z + 1) / 2 : z / 2); }
        case "U": return give(this.#varint());
        case "N": return give(this.readDouble());
        case "Z": return give(this.#bigint());
        case '"': case "c": case "S": return give(this.#text(letter));
        case "^": {
          const id = this.#varint();
          if (id >= this.#objects.length) return unable();
          return this.#objects[id] instanceof ArrayBuffer ? this.#viewOf(this.#objects[id], give) : give(this.#objects[id]);
        }
        case "D": return give(this.#keep(new Date(this.readDouble())));
        case "y": return give(this.#keep(Object(true)));
        case "x": return give(this.#keep(Object(false)));
        case "n": return give(this.#keep(Object(this.readDouble())));
        case "z": return give(this.#keep(Object(this.#bigint())));
        case "s": return give(this.#keep(Object(this.#text(this.#letter()))));
        case "R": return give(this.#keep(this.#regexp()));
        case "B": return this.#buffer(give);
        case "~": return this.#resizable(give);
        case "o": { const object = this.#keep({}); give(object); return this.#properties(object, "{", 1, work); }
        case "a": { const array = this.#keep([]); const length = this.#varint(); array.length = length; give(array); return this.#properties(array, "@", 2, work); }
        case "A": return this.#dense(work, give);
        case ";": { const map = this.#keep(new Map()); give(map); return this.#pairs(map, work); }
        case "'": { const set = this.#keep(new Set()); give(set); return this.#items(set, work); }
        case "r": return this.#error(work, give);
        case "\\": return give(this.#keep(this._readHostObject()));
        default: return unable();
      }
    }

    #regexp() {
      const source = this.#text(this.#letter());
      const bits = this.#varint();
      const flags = ["g", "i", "m", "y", "u", "s", "", "d", "v"].filter((flag, i) => bits & (1 << i));
      return new RegExp(source, flags.join(""));
    }

    #buffer(give) {
      const bytes = this.#raw(this.#varint());
      return this.#viewOf(this.#keep(bytes.slice().buffer), give);
    }

    #resizable(give) {
      const [length, most] = [this.#varint(), this.#varint()];
      if (most < length) return unable();
      const bytes = this.#raw(length);
      const buffer = new ArrayBuffer(length, { maxByteLength: most });
      new Uint8Array(buffer).set(bytes);
      return this.#viewOf(this.#keep(buffer), give);
    }

    // The buffer, or the view of it that follows.
    #viewOf(buffer, give) {
      if (this.#at >= this.#bytes.length || this.#bytes[this.#at] !== code("V")) return give(buffer);
      this.#at++;
      const Class = VIEWS[String.fromCharCode(this.#byte())];
      const [offset, length] = [this.#varint(), this.#varint()];
      if (this.#version >= 14) this.#varint();
      if (Class === undefined || offset + length > buffer.byteLength) return unable();
      return give(this.#keep(new Class(buffer, offset, Class === DataView ? length : length / Class.BYTES_PER_ELEMENT)));
    }

    #properties(object, end, numbers, work) {
      const next = () => {
        if (this.#peek() === end) {
          this.#letter();
          for (let i = 0; i < numbers; i++) this.#varint();
          return;
        }
        let key;
        this.#read(work, (value) => { key = value; });
        if (typeof key !== "string" && typeof key !== "number") unable();
        work.push(next, () => this.#read(work, (value) => {
          Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
        }));
      };
      work.push(next);
    }

    #peek() {
      while (this.#bytes[this.#at] === 0) this.#at++;
      return String.fromCharCode(this.#bytes[this.#at]);
    }

    #dense(work, give) {
      const length = this.#varint();
      // Each element takes a byte at least.
      if (length > this.#bytes.length - this.#at) unable();
      const array = this.#keep(new Array(length));
      give(array);
      work.push(() => this.#properties(array, "$", 2, work));
      let i = 0;
      const next = () => {
        if (i >= length) return;
        const at = i++;
        work.push(next);
        if (this.#peek() === "-") this.#letter();
        else this.#read(work, (value) => { array[at] = value; });
      };
      work.push(next);
    }

    #pairs(map, work) {
      const next = () => {
        if (this.#peek() === ":") return void (this.#letter(), this.#varint());
        let key;
        work.push(next, () => this.#read(work, (value) => map.set(key, value)), () => this.#read(work, (value) => { key = value; }));
      };
      work.push(next);
    }

    #items(set, work) {
      const next = () => {
        if (this.#peek() === ",") return void (this.#letter(), this.#varint());
        work.push(next, () => this.#read(work, (value) => set.add(value)));
      };
      work.push(next);
    }

    #error(work, give) {
      const parts = {};
      const id = this.#objects.push(undefined) - 1;
      const next = () => {
        const letter = this.#letter();
        if (letter in ERRORS) parts.Class = ERRORS[letter];
        else if (letter === "m") parts.message = this.#text(this.#letter());
        else if (letter === "s") parts.stack = this.#text(this.#letter());
        else if (letter === "c") return void work.push(next, () => this.#read(work, (value) => { parts.cause = value; }));
        else if (letter === ".") {
          const error = new (parts.Class ?? Error)(parts.message, ...("cause" in parts ? [{ cause: parts.cause }] : []));
          if (parts.stack !== undefined) Object.defineProperty(error, "stack", { value: parts.stack, writable: true, configurable: true });
          this.#objects[id] = error;
          return void give(error);
        } else unable();
        work.push(next);
      };
      work.push(next);
    }

    _readHostObject() { fail(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _readHostObject() method is not implemented"); }
    transferArrayBuffer() {}
    readUint32() { return this.#varint(); }
    readUint64() {
      let [value, shift] = [0n, 0n];
      for (let byte = 128; byte >= 128; shift += 7n) {
        byte = this.#byte();
        value |= BigInt(byte & 127) << shift;
      }
      return [Number(value >> 32n), Number(value & 0xffffffffn)];
    }
    readDouble() {
      const at = this.#at;
      this.#raw(8);
      return this.#view.getFloat64(at, true);
    }
    readRawBytes(count) { return Buffer.from(this.#raw(count)); }
    _readRawBytes(count) { const at = this.#at; this.#raw(count); return at; }
  }

  function unable(message = "Unable to deserialize cloned data.") {
    throw new Error(message);
  }

  class DefaultSerializer extends Serializer {
    constructor() {
      super();
      this._setTreatArrayBufferViewsAsHostObjects(true);
    }

    _writeHostObject(view) {
      const number = Buffer.isBuffer(view) ? 10 : BY_NUMBER.findIndex((Class) => Class !== undefined && view instanceof Class);
      if (number < 0) refuse(shownOf(view));
      this.writeUint32(number);
      this.writeUint32(view.byteLength);
      this.writeRawBytes(view);
    }
  }

  class DefaultDeserializer extends Deserializer {
    _readHostObject() {
      const [number, length] = [this.readUint32(), this.readUint32()];
      const bytes = this.readRawBytes(length);
      if (number === 10) return bytes;
      const Class = BY_NUMBER[number];
      if (Class === undefined) unable();
      return new Class(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + length));
    }
  }

  return { HOST, Serializer, Deserializer, DefaultSerializer, DefaultDeserializer };
};
