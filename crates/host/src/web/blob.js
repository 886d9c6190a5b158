// The Web's `Blob` and `File`, without streams.
({ encode, decode }) => {
  const type = (value) => {
    const text = String(value);
    return /^[ -~]*$/.test(text) ? text.toLowerCase() : "";
  };

  function bytesOf(part, endings) {
    if (part instanceof ArrayBuffer) return new Uint8Array(part);
    if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    if (part instanceof Blob) return dataOf(part);
    const text = String(part).toWellFormed();
    return encode(endings === "native" ? text.replace(/\r\n?/g, "\n") : text);
  }

  let dataOf;

  class Blob {
    #data;
    #type;

    static {
      dataOf = (blob) => blob.#data;
    }

    constructor(parts = [], options = {}) {
      if (typeof parts !== "object" || typeof parts?.[Symbol.iterator] !== "function") {
        throw new TypeError("a Blob is made from an iterable of parts");
      }
      if (options !== undefined && options !== null && typeof options !== "object" && typeof options !== "function") {
        throw new TypeError("the options must be an object");
      }
      const endings = options?.endings ?? "transparent";
      if (endings !== "transparent" && endings !== "native") throw new TypeError(`endings cannot be "${endings}"`);
      const all = Array.from(parts, (part) => bytesOf(part, endings));
      this.#data = new Uint8Array(all.reduce((sum, bytes) => sum + bytes.length, 0));
      let at = 0;
      for (const bytes of all) {
        this.#data.set(bytes, at);
        at += bytes.length;
      }
      this.#type = type(options?.type ?? "");
    }

    get size() { return this.#data.length; }
    get type() { return this.#type; }

    slice(start = 0, end = this.size, kind = "") {
      const part = new Blob([], { type: kind });
      part.#data = this.#data.slice(start, end);
      return part;
    }

    async text() { return decode(this.#data); }
    async arrayBuffer() { return this.#data.slice().buffer; }
    async bytes() { return this.#data.slice(); }
    get [Symbol.toStringTag]() { return "Blob"; }
  }

  class File extends Blob {
    #name;
    #lastModified;

    constructor(parts, name, options = {}) {
      if (arguments.length < 2) throw new TypeError("a File needs parts and a name");
      super(parts, options);
      this.#name = String(name);
      this.#lastModified = Math.trunc(Number(options?.lastModified ?? Date.now())) || 0;
    }

    get name() { return this.#name; }
    get lastModified() { return this.#lastModified; }
    get [Symbol.toStringTag]() { return "File"; }
  }

  return { Blob, File };
};
