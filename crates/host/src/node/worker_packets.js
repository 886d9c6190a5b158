// Values on their way to another thread: as bytes, with what goes along that is no bytes.
//
// They have been cloned before, so what could not be cloned is refused already, and what was transferred has moved.
({ canGo, pair }, use) => {
  const { HOST, Serializer, Deserializer } = use("node/v8_format");
  const { isPort, exportPort, importPort } = use("web/messages");
  const { DOMException } = use("web/idl");
  const VIEWS = [DataView, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, globalThis.Float16Array];
  const { SharedArrayBuffer, Blob, File } = globalThis;
  const isShared = (value) => value instanceof SharedArrayBuffer;
  const [PART, PORT, VIEW, BLOB] = [0, 1, 2, 3];

  class Packer extends Serializer {
    parts = [];
    #places = new Map();

    [HOST](value) {
      return isPort(value) || isShared(value) || (ArrayBuffer.isView(value) && isShared(value.buffer)) || value instanceof Blob || canGo(value);
    }

    #part(value, make) {
      let place = this.#places.get(value);
      if (place === undefined) this.#places.set(value, (place = this.parts.push(make()) - 1));
      return place;
    }

    #shared(buffer) {
      if (buffer.byteLength > 0 && !canGo(buffer)) throw new DOMException("a SharedArrayBuffer that grows, or of another context, could not be cloned to another thread.", "DataCloneError");
      return this.#part(buffer, () => (buffer.byteLength === 0 ? undefined : buffer));
    }

    _writeHostObject(value) {
      if (isPort(value)) {
        this.writeUint32(PORT);
        this.writeUint32(this.#part(value, () => exportPort(value)));
      } else if (value instanceof Blob) {
        const bytes = use("web/blob").dataOf(value);
        this.writeUint32(BLOB);
        this.writeUint32(bytes.byteLength);
        this.writeRawBytes(bytes);
        const names = Buffer.from(JSON.stringify(value instanceof File ? [value.type, value.name, value.lastModified] : [value.type]));
        this.writeUint32(names.length);
        this.writeRawBytes(names);
      } else if (ArrayBuffer.isView(value)) {
        this.writeUint32(VIEW);
        this.writeUint32(VIEWS.findIndex((Class) => Class !== undefined && value instanceof Class));
        this.writeUint32(this.#shared(value.buffer));
        this.writeDouble(value.byteOffset);
        this.writeDouble(value.length ?? value.byteLength);
      } else {
        this.writeUint32(PART);
        this.writeUint32(isShared(value) ? this.#shared(value) : this.#part(value, () => value));
      }
    }
  }

  class Unpacker extends Deserializer {
    constructor(bytes, parts) {
      super(bytes);
      this.parts = parts;
      this.made = [];
    }

    #part(at) {
      this.made[at] ??= this.parts[at] ?? new SharedArrayBuffer(0);
      return this.made[at];
    }

    _readHostObject() {
      switch (this.readUint32()) {
        case PORT: {
          const at = this.readUint32();
          this.made[at] ??= importPort(this.parts[at]);
          return this.made[at];
        }
        case VIEW: {
          const [Class, at, offset, length] = [VIEWS[this.readUint32()], this.readUint32(), this.readDouble(), this.readDouble()];
          return new Class(this.#part(at), offset, length);
        }
        case BLOB: {
          const bytes = this.readRawBytes(this.readUint32());
          const [type, name, lastModified] = JSON.parse(this.readRawBytes(this.readUint32()).toString());
          return name === undefined ? new Blob([bytes], { type }) : new File([bytes], name, { type, lastModified });
        }
        default: return this.#part(this.readUint32());
      }
    }
  }

  // Bytes, and what goes along.
  function pack(value) {
    const packer = new Packer();
    packer.writeHeader();
    packer.writeValue(value);
    // An empty buffer stands for one that has nothing to share.
    return [packer.releaseBuffer(), packer.parts];
  }

  function unpack([bytes, parts]) {
    const unpacker = new Unpacker(bytes, parts);
    unpacker.readHeader();
    return unpacker.readValue();
  }

  return { pack, pair, unpack };
};
