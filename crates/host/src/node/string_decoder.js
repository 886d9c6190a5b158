// `node:string_decoder`: text in pieces, whose characters may be cut anywhere.
(native, use) => {
  const { fail, invalidType } = use("node/errors");

  function StringDecoder(encoding = "utf8") {
    const name = String(encoding ?? "utf8");
    if (!Buffer.isEncoding(name)) fail(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);
    const lower = name.toLowerCase();
    this.encoding = { "utf-8": "utf8", ucs2: "utf16le", "ucs-2": "utf16le", "utf-16le": "utf16le", binary: "latin1" }[lower] ?? lower;
    // The beginning of a character: its bytes, how many there are, how many more it needs.
    Object.defineProperty(this, "begun", { value: { bytes: Buffer.alloc(4), count: 0, needs: 0 } });
  }

  // How long a character is by its first byte; whether the rest fits is found out when it is all there.
  const lengthOf = (byte) => ((byte & 0xe0) === 0xc0 ? 2 : (byte & 0xf0) === 0xe0 ? 3 : (byte & 0xf8) === 0xf0 ? 4 : 0);

  // How many bytes at the end begin something, and how many more that needs.
  function unfinished(bytes, encoding) {
    const { length } = bytes;
    if (encoding === "utf16le") {
      if (length % 2 === 1) return [1, 1];
      return length > 0 && (bytes[length - 1] & 0xfc) === 0xd8 ? [2, 2] : [0, 0];
    }
    if (encoding === "base64" || encoding === "base64url") return length % 3 === 0 ? [0, 0] : [length % 3, 3 - (length % 3)];
    if (encoding !== "utf8") return [0, 0];
    for (let back = 1; back <= Math.min(4, length); back++) {
      const byte = bytes[length - back];
      if ((byte & 0xc0) === 0x80) continue;
      const whole = lengthOf(byte);
      return whole > back ? [back, whole - back] : [0, 0];
    }
    return [0, 0];
  }

  // Adds to what has begun; gives how many bytes that took.
  function goOn(begun, bytes, encoding) {
    let taken = Math.min(begun.needs, bytes.length);
    if (encoding === "utf8") {
      for (let i = 0; i < taken; i++) {
        if ((bytes[i] & 0xc0) === 0x80) continue;
        begun.needs = taken = i;
        break;
      }
    }
    begun.bytes.set(bytes.subarray(0, taken), begun.count);
    begun.count += taken;
    begun.needs -= taken;
    return taken;
  }

  function flushed(decoder) {
    const { begun, encoding } = decoder;
    const count = encoding === "utf16le" ? begun.count - (begun.count % 2) : begun.count;
    begun.count = begun.needs = 0;
    return begun.bytes.toString(encoding, 0, count);
  }

  StringDecoder.prototype.write = function (data) {
    if (typeof data === "string") return data;
    if (!ArrayBuffer.isView(data)) throw invalidType("buf", "an instance of Buffer, TypedArray, or DataView", data);
    let bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const { begun, encoding } = this;
    let text = "";
    if (begun.needs > 0) {
      bytes = bytes.subarray(goOn(begun, bytes, encoding));
      if (begun.needs > 0) return "";
      text = flushed(this);
    }
    const [count, needs] = unfinished(bytes, encoding);
    begun.bytes.set(bytes.subarray(bytes.length - count));
    Object.assign(begun, { count, needs });
    return text + bytes.toString(encoding, 0, bytes.length - count);
  };

  StringDecoder.prototype.end = function (data) {
    return (data === undefined ? "" : this.write(data)) + flushed(this);
  };

  StringDecoder.prototype.text = function (bytes, offset) {
    this.begun.count = this.begun.needs = 0;
    return this.write(bytes.subarray(offset));
  };

  Object.defineProperties(StringDecoder.prototype, {
    lastChar: { get() { return this.begun.bytes; }, configurable: true, enumerable: true },
    lastNeed: { get() { return this.begun.needs; }, configurable: true, enumerable: true },
    lastTotal: { get() { return this.begun.count + this.begun.needs; }, configurable: true, enumerable: true },
  });
  return { StringDecoder };
};
