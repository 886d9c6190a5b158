// `Blob` and `File`, by the File API.
({ encode, decode }, use) => {
  const { choice, dictionary, fail, finish, integer, isObject, need, promised, resolvedWith, text } = use("web/idl");
  const { isArrayBuffer } = use("web/streams/common");
  const { serializable } = use("web/clone");
  // Bytes of one chunk of `stream()`.
  const CHUNK = 64 << 10;
  const MADE = Symbol("made by the host");

  const type = (value) => {
    const given = `${value}`;
    return /^[ -~]*$/.test(given) ? given.toLowerCase() : "";
  };

  // What a part is: bytes, a blob or text. Conversions happen before any byte is copied.
  function partOf(part) {
    if (isObject(part)) {
      if (isArrayBuffer(part)) return new Uint8Array(part).slice();
      if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice();
      if (isBlob(part)) return dataOf(part);
    }
    return text(part);
  }

  function bytesOf(part, endings) {
    if (typeof part !== "string") return part;
    return encode(endings === "native" ? part.replace(/\r\n?/g, "\n") : part);
  }

  function join(parts) {
    if (parts.length === 1) return parts[0];
    const all = new Uint8Array(parts.reduce((sum, bytes) => sum + bytes.length, 0));
    let at = 0;
    for (const bytes of parts) {
      all.set(bytes, at);
      at += bytes.length;
    }
    return all;
  }

  let dataOf, isBlob, isFile;

  // The bytes of a blob never change; a slice shares them.
  class Blob {
    #data;
    #type;

    static {
      dataOf = (blob) => blob.#data;
      isBlob = (value) => isObject(value) && #data in value;
    }

    constructor(blobParts = undefined, options = undefined) {
      if (blobParts === MADE) {
        [this.#data, this.#type] = options;
        return;
      }
      let parts = [];
      if (blobParts !== undefined) {
        if (!isObject(blobParts)) throw fail(TypeError, "the parts must be an iterable object", "ERR_INVALID_ARG_TYPE");
        const method = blobParts[Symbol.iterator];
        if (typeof method !== "function") throw fail(TypeError, "the parts must be iterable", "ERR_INVALID_ARG_TYPE");
        const iterable = { [Symbol.iterator]: () => Reflect.apply(method, blobParts, []) };
        parts = Array.from(iterable, partOf);
      }
      const given = dictionary(options);
      const { endings } = given;
      const kind = endings === undefined ? "transparent" : choice(endings, ["transparent", "native"], "endings");
      const { type: name } = given;
      this.#type = name === undefined ? "" : type(name);
      this.#data = join(parts.map((part) => bytesOf(part, kind)));
    }

    get size() { return this.#data.length; }
    get type() { return this.#type; }

    slice(start = undefined, end = undefined, contentType = undefined) {
      const data = this.#data;
      const at = (value, initial) => {
        if (value === undefined) return initial;
        const given = integer(value, { bits: 64, signed: true, clamp: true });
        return given < 0 ? Math.max(data.length + given, 0) : Math.min(given, data.length);
      };
      const [from, to] = [at(start, 0), at(end, data.length)];
      return new Blob(MADE, [data.subarray(from, Math.max(from, to)), contentType === undefined ? "" : type(contentType)]);
    }

    stream() {
      const data = this.#data;
      let at = 0;
      return use("web/streams/readable").fromSource({
        type: "bytes",
        pull(controller) {
          if (at === data.length) {
            controller.close();
            controller.byobRequest?.respond(0);
            return;
          }
          const chunk = data.slice(at, at + CHUNK);
          at += chunk.length;
          controller.enqueue(chunk);
        },
      }, 0);
    }

    text() { return promised(() => resolvedWith(decode(this.#data))); }
    arrayBuffer() { return promised(() => resolvedWith(this.#data.slice().buffer)); }
    bytes() { return promised(() => resolvedWith(this.#data.slice())); }
  }
  finish(Blob, { shown: ["size", "type"] });

  class File extends Blob {
    #name;
    #lastModified;

    static {
      isFile = (value) => isObject(value) && #name in value;
    }

    constructor(fileBits, fileName, options = undefined) {
      need(arguments.length, 2, "File");
      if (fileBits === MADE) {
        super(MADE, fileName.slice(0, 2));
        [, , this.#name, this.#lastModified] = fileName;
        return;
      }
      if (!isObject(fileBits)) throw fail(TypeError, "the parts must be an iterable object", "ERR_INVALID_ARG_TYPE");
      super(fileBits, options);
      this.#name = text(fileName);
      const { lastModified } = dictionary(options);
      this.#lastModified = lastModified === undefined ? Date.now() : integer(lastModified, { bits: 64, signed: true });
    }

    get name() { return this.#name; }
    get lastModified() { return this.#lastModified; }
  }
  finish(File, { shown: ["size", "type", "name", "lastModified"] });

  serializable.push({
    is: isBlob,
    copy: (blob) => {
      const inner = [dataOf(blob), Reflect.get(Blob.prototype, "type", blob)];
      if (!isFile(blob)) return new Blob(MADE, inner);
      return new File(MADE, [...inner, Reflect.get(File.prototype, "name", blob), Reflect.get(File.prototype, "lastModified", blob)]);
    },
  });

  return { Blob, File, dataOf, isBlob, isFile };
};
