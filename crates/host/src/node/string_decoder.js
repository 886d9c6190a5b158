// `node:string_decoder`.
(native, use) => {
  const { fail, invalidType } = use("node/errors");

  function StringDecoder(encoding = "utf8") {
    const name = String(encoding ?? "utf8");
    if (!Buffer.isEncoding(name)) fail(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);
    const lower = name.toLowerCase();
    this.encoding = { "utf-8": "utf8", ucs2: "utf16le", "ucs-2": "utf16le", "utf-16le": "utf16le", binary: "latin1" }[lower] ?? lower;
    Object.defineProperty(this, "rest", { value: Buffer.alloc(0), writable: true, enumerable: false });
  }

  // How many bytes at the end are the beginning of something.
  function unfinished(bytes, encoding) {
    if (encoding === "utf16le") {
      const odd = bytes.length % 2;
      const whole = bytes.length - odd;
      const high = whole >= 2 && (bytes[whole - 1] & 0xfc) === 0xd8;
      return odd + (high ? 2 : 0);
    }
    if (encoding === "base64" || encoding === "base64url") return bytes.length % 3;
    if (encoding !== "utf8") return 0;
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back];
      if ((byte & 0xc0) === 0x80) continue;
      const length = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 1;
      if (length <= back) return 0;
      return possible(bytes, bytes.length - back) ? back : 0;
    }
    return 0;
  }

  // Whether what begins there can still become a character.
  function possible(bytes, at) {
    const [first, second] = [bytes[at], bytes[at + 1]];
    if (second === undefined) return true;
    if (first === 0xe0) return second >= 0xa0;
    if (first === 0xed) return second < 0xa0;
    if (first === 0xf0) return second >= 0x90;
    if (first === 0xf4) return second < 0x90;
    return true;
  }

  StringDecoder.prototype.write = function (data) {
    if (typeof data === "string") return data;
    if (!ArrayBuffer.isView(data)) throw invalidType("buf", "an instance of Buffer, TypedArray, or DataView", data);
    const bytes = Buffer.concat([this.rest, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
    const keep = unfinished(bytes, this.encoding);
    this.rest = bytes.subarray(bytes.length - keep);
    return bytes.toString(this.encoding, 0, bytes.length - keep);
  };

  StringDecoder.prototype.end = function (data) {
    const text = data === undefined ? "" : this.write(data);
    const rest = this.rest.toString(this.encoding);
    this.rest = Buffer.alloc(0);
    return text + rest;
  };

  StringDecoder.prototype.text = function (bytes, offset) {
    this.rest = Buffer.alloc(0);
    return this.write(bytes.subarray(offset));
  };

  // How many bytes what has begun has.
  function totalOf({ rest, encoding }) {
    if (encoding === "utf16le") return rest.length > 2 || rest.length === 2 ? 4 : 2;
    if (encoding !== "utf8") return 3;
    return rest[0] >= 0xf0 ? 4 : rest[0] >= 0xe0 ? 3 : 2;
  }

  Object.defineProperties(StringDecoder.prototype, {
    lastNeed: { get() { return this.rest.length === 0 ? 0 : totalOf(this) - this.rest.length; }, configurable: true },
    lastTotal: { get() { return this.rest.length === 0 ? 0 : totalOf(this); }, configurable: true },
  });
  return { StringDecoder };
};
