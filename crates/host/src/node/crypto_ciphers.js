// Ciphers of `node:crypto`: AES and ChaCha20-Poly1305.
(native, use) => {
  const { fail, invalidType, invalidValue, make, validateString, validateObject } = use("node/errors");
  const { Transform } = use("node/stream");
  const { StringDecoder } = use("node/string_decoder");

  // Names of OpenSSL's, with its numbers, lengths of keys and vectors, and of blocks.
  const LIST = [
    ["aes-128-cbc", 419, 16, 16, 16], ["aes-128-ctr", 904, 16, 16, 1], ["aes-128-ecb", 418, 16, 0, 16], ["id-aes128-gcm", 895, 16, 12, 1],
    ["aes-192-cbc", 423, 24, 16, 16], ["aes-192-ctr", 905, 24, 16, 1], ["aes-192-ecb", 422, 24, 0, 16], ["id-aes192-gcm", 898, 24, 12, 1],
    ["aes-256-cbc", 427, 32, 16, 16], ["aes-256-ctr", 906, 32, 16, 1], ["aes-256-ecb", 426, 32, 0, 16], ["id-aes256-gcm", 901, 32, 12, 1],
    ["chacha20-poly1305", 1018, 32, 12, undefined],
  ];
  const KINDS = new Map(LIST.map(([name, nid, keyLength, ivLength, blockSize]) => {
    const mode = /cbc|ctr|ecb|gcm|chacha20-poly1305/.exec(name)[0];
    return [name, { name, nid, keyLength, ivLength, blockSize, mode, isAuthentic: mode === "gcm" || mode === "chacha20-poly1305" }];
  }));
  for (const bits of [128, 192, 256]) {
    KINDS.set(`aes${bits}`, KINDS.get(`aes-${bits}-cbc`));
    KINDS.set(`aes-${bits}-gcm`, KINDS.get(`id-aes${bits}-gcm`));
  }
  const kindOf = (name) => KINDS.get(name.toLowerCase());
  const isBytes = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
  const badTag = (length) => make(TypeError, "ERR_CRYPTO_INVALID_AUTH_TAG", `Invalid authentication tag length: ${length}`);
  const state = (name) => make(Error, "ERR_CRYPTO_INVALID_STATE", name === undefined ? "Invalid state" : `Invalid state for operation ${name}`);
  const isLength = (kind, length) => length >= 1 && length <= 16 && (kind.mode !== "gcm" || length === 4 || length === 8 || length >= 12);
  const ours = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  let made;
  // `keyBytes` gives the bytes of a key, whatever it is.
  function ciphers(keyBytes) {
    made ??= classes(keyBytes);
    return made;
  }

  function classes(keyBytes) {
    class Cipher extends Transform {
      #native;
      #kind;
      #encrypts;
      #tagLength;
      #tag;
      #hasTag = false;
      #decoder;
      #isOver = false;
      #hasBegun = false;

      constructor(encrypts, name, key, iv, options) {
        validateString(name, "cipher");
        const bytes = keyBytes(key);
        if (iv !== null && typeof iv !== "string" && !isBytes(iv)) throw invalidType("iv", "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView", iv);
        const kind = kindOf(name);
        if (kind === undefined) fail(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
        const length = options?.authTagLength;
        if (length !== undefined && length !== null) {
          if (!(Number.isInteger(length) && length >= 0 && length <= 2 ** 31 - 1)) throw invalidValue("options.authTagLength", length);
          if (kind.isAuthentic && !isLength(kind, length)) throw badTag(length);
        }
        if (bytes.byteLength !== kind.keyLength) fail(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
        const vector = iv === null ? new Uint8Array(0) : typeof iv === "string" ? Buffer.from(iv) : iv;
        const size = vector.byteLength;
        const isRight = kind.mode === "gcm" ? size > 0 && size <= 128 : kind.mode === "chacha20-poly1305" ? size === 12 : size === kind.ivLength;
        if (!isRight) fail(TypeError, "ERR_CRYPTO_INVALID_IV", "Invalid initialization vector");
        super(options);
        this.#native = native.cipher(kind.mode, encrypts, bytes, vector, 128);
        this.#kind = kind;
        this.#encrypts = encrypts;
        this.#tagLength = length ?? undefined;
      }

      update(data, inputEncoding, outputEncoding) {
        if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidType("data", "of type string or an instance of Buffer, TypedArray, or DataView", data);
        if (outputEncoding && outputEncoding !== "buffer") this.#decode(outputEncoding);
        const bytes = this.#work(typeof data === "string" ? Buffer.from(data, inputEncoding === "buffer" ? "utf8" : inputEncoding) : data);
        return outputEncoding && outputEncoding !== "buffer" ? this.#decoder.write(bytes) : bytes;
      }

      #work(data) {
        this.#hasBegun ||= data.byteLength > 0;
        const bytes = this.#isOver ? undefined : this.#native.update(data) ?? undefined;
        if (bytes === undefined) throw new Error("Trying to add data in unsupported state");
        return ours(bytes);
      }

      #decode(encoding) {
        const normal = (name) => new StringDecoder(name).encoding;
        if (this.#decoder === undefined) this.#decoder = new StringDecoder(encoding);
        else if (this.#decoder.encoding !== normal(encoding)) throw invalidValue("outputEncoding", encoding, `cannot be changed from '${this.#decoder.encoding}'`);
      }

      final(outputEncoding) {
        const isText = outputEncoding && outputEncoding !== "buffer";
        if (isText) this.#decode(outputEncoding);
        const bytes = this.#finish();
        return isText ? this.#decoder.write(bytes) + this.#decoder.end() : bytes;
      }

      #finish() {
        if (this.#isOver) throw state();
        this.#isOver = true;
        const result = this.#native.finish();
        if (result === "length") fail(Error, "ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "error:1C80006B:Provider routines::wrong final block length", WHERE("wrong final block length"));
        if (result === "padding") fail(Error, "ERR_OSSL_BAD_DECRYPT", "error:1C800064:Provider routines::bad decrypt", WHERE("bad decrypt"));
        if (!this.#kind.isAuthentic) return ours(result);
        if (this.#encrypts) this.#tag = ours(result.slice(0, this.#tagLength ?? 16));
        else if (!this.#hasTag || !native.isEqual(result.slice(0, this.#tag.byteLength), this.#tag)) throw new Error("Unsupported state or unable to authenticate data");
        return Buffer.alloc(0);
      }

      setAutoPadding(pads = true) {
        if (this.#isOver) throw state("setAutoPadding");
        this.#native.pad(Boolean(pads));
        return this;
      }

      setAAD(data, options) {
        const bytes = typeof data === "string" ? Buffer.from(data, options?.encoding) : data;
        if (!isBytes(bytes)) throw invalidType("buffer", "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView", data);
        if (this.#isOver || !this.#kind.isAuthentic) throw state("setAAD");
        // What goes along comes before what is encrypted.
        if (this.#hasBegun) throw state("setAAD");
        this.#native.add(bytes);
        return this;
      }

      // Of those that encrypt.
      takeTag() {
        if (this.#tag === undefined) throw state("getAuthTag");
        return Buffer.from(this.#tag);
      }

      // Of those that decrypt.
      giveTag(tag, encoding) {
        const bytes = typeof tag === "string" ? Buffer.from(tag, encoding) : tag;
        if (!isBytes(bytes)) throw invalidType("buffer", "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView", tag);
        if (this.#isOver || !this.#kind.isAuthentic || this.#hasTag) throw state("setAuthTag");
        const length = bytes.byteLength;
        const isRight = this.#tagLength === undefined ? (this.#kind.mode === "gcm" ? length === 16 : isLength(this.#kind, length)) : length === this.#tagLength;
        if (!isRight) throw badTag(length);
        this.#tag = Buffer.from(ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, length) : bytes.slice(0));
        this.#hasTag = true;
        return this;
      }

      _transform(chunk, encoding, done) {
        try {
          this.push(this.#work(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk));
          done();
        } catch (error) {
          done(error);
        }
      }

      _flush(done) {
        try {
          this.push(this.#finish());
          done();
        } catch (error) {
          done(error);
        }
      }
    }
    for (const name of ["takeTag", "giveTag"]) Object.defineProperty(Cipher.prototype, name, { enumerable: false });

    class Cipheriv extends Cipher {
      constructor(cipher, key, iv, options) { super(true, cipher, key, iv, options); }
      getAuthTag() { return this.takeTag(); }
    }
    class Decipheriv extends Cipher {
      constructor(cipher, key, iv, options) { super(false, cipher, key, iv, options); }
      setAuthTag(tag, encoding) { return this.giveTag(tag, encoding); }
    }

    function getCipherInfo(nameOrNumber, options) {
      if (typeof nameOrNumber !== "string" && typeof nameOrNumber !== "number") throw invalidType("nameOrNid", "of type string or number", nameOrNumber);
      if (options !== undefined) validateObject(options, "options");
      const kind = typeof nameOrNumber === "string" ? kindOf(nameOrNumber) : [...KINDS.values()].find(({ nid }) => nid === nameOrNumber);
      if (kind === undefined) return undefined;
      const { keyLength, ivLength } = options ?? {};
      if (keyLength !== undefined && keyLength !== kind.keyLength) return undefined;
      if (ivLength !== undefined && ivLength !== kind.ivLength && !(kind.mode === "gcm" && ivLength > 0)) return undefined;
      const info = { __proto__: null, mode: kind.mode === "chacha20-poly1305" ? "stream" : kind.mode, name: kind.name, nid: kind.nid, keyLength: kind.keyLength, blockSize: kind.blockSize, ivLength: ivLength ?? (kind.ivLength || undefined) };
      return info;
    }

    return {
      Cipheriv, Decipheriv, getCipherInfo, getCiphers: () => [...KINDS.keys()].sort(),
      createCipheriv: (cipher, key, iv, options) => new Cipheriv(cipher, key, iv, options),
      createDecipheriv: (cipher, key, iv, options) => new Decipheriv(cipher, key, iv, options),
    };
  }
  const WHERE = (reason) => ({ library: "Provider routines", reason });

  return { ciphers };
};
