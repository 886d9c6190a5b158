// `node:crypto`: random numbers, digests and keys made of passwords.
(native, use) => {
  const { crypto } = globalThis;
  const { absents, fail, invalidType, invalidValue, make, outOfRange, validateFunction, validateInteger, validateNumber, validateString, validateBoolean } = use("node/errors");

  // getRandomValues fills at most this many bytes at once.
  const MOST = 65536;
  const MOST_BYTES = 2 ** 31 - 1;
  const MOST_COST = 2 ** 32 - 1;
  const isBytes = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer || (globalThis.SharedArrayBuffer !== undefined && value instanceof SharedArrayBuffer);
  const ours = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  // ---- Random numbers

  function inRange(name, value, most) {
    validateNumber(value, name);
    if (value >= 0 && value <= most) return Math.trunc(value);
    throw outOfRange(name, `>= 0 && <= ${most}`, value);
  }

  function randomFillSync(view, offset = 0, size = undefined) {
    if (!isBytes(view)) throw invalidType("buf", "an instance of ArrayBuffer or ArrayBufferView", view);
    const bytes = ArrayBuffer.isView(view) ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(view);
    const unit = view.BYTES_PER_ELEMENT ?? 1;
    validateNumber(offset, "offset");
    const start = inRange("offset", offset * unit, bytes.length);
    if (size !== undefined) {
      validateNumber(size, "size");
      if (size * unit + start > bytes.length) throw outOfRange("size + offset", `<= ${bytes.length}`, size * unit + start);
    }
    const end = start + inRange("size", size === undefined ? bytes.length - start : size * unit, bytes.length - start);
    for (let at = start; at < end; at += MOST) crypto.getRandomValues(bytes.subarray(at, Math.min(at + MOST, end)));
    return view;
  }

  // In the background, as far as programs can tell.
  const soon = (run, done) => {
    let value;
    try {
      value = run();
    } catch (error) {
      return void setImmediate(done, error);
    }
    setImmediate(done, null, value);
  };

  function randomFill(view, offset, size, done) {
    if (typeof offset === "function") [offset, size, done] = [0, undefined, offset];
    else if (typeof size === "function") [size, done] = [undefined, size];
    validateFunction(done, "callback");
    const filled = randomFillSync(view, offset, size);
    setImmediate(done, null, filled);
  }

  function randomBytes(size, done) {
    validateNumber(size, "size");
    if (!(size >= 0 && size <= MOST_BYTES)) throw outOfRange("size", `>= 0 && <= ${MOST_BYTES}`, size);
    if (done === undefined) return randomFillSync(Buffer.alloc(size));
    validateFunction(done, "callback");
    return void soon(() => randomFillSync(Buffer.alloc(size)), done);
  }

  function randomInt(least, most, done) {
    if (most === undefined || typeof most === "function") [least, most, done] = [0, least, most];
    if (!Number.isSafeInteger(least)) throw invalidType("min", "a safe integer", least);
    if (!Number.isSafeInteger(most)) throw invalidType("max", "a safe integer", most);
    if (most <= least) throw make(RangeError, "ERR_OUT_OF_RANGE", `The value of "max" is out of range. It must be greater than the value of "min" (${least}). Received ${most}`);
    const range = most - least;
    if (range > 2 ** 48 - 1) throw outOfRange("max - min", `<= ${2 ** 48 - 1}`, range);
    const pick = () => {
      // Numbers beyond the last whole range would come more often than others.
      const limit = 2 ** 48 - (2 ** 48 % range);
      for (;;) {
        const value = randomFillSync(Buffer.alloc(6)).readUIntBE(0, 6);
        if (value < limit) return (value % range) + least;
      }
    };
    if (done === undefined) return pick();
    validateFunction(done, "callback");
    const value = pick();
    return void process.nextTick(done, undefined, value);
  }

  const randomUUID = (options) => {
    if (options !== undefined && (options === null || typeof options !== "object")) throw invalidType("options", "of type object", options);
    if (options?.disableEntropyCache !== undefined) validateBoolean(options.disableEntropyCache, "options.disableEntropyCache");
    return crypto.randomUUID();
  };
  const getRandomValues = (view) => crypto.getRandomValues(view);

  // ---- Digests

  const NAMES = { __proto__: null, "rsa-md5": "md5", "rsa-ripemd160": "ripemd160", rmd160: "ripemd160", ripemd: "ripemd160", "rsa-sha1": "sha1", "rsa-sha224": "sha224", "rsa-sha256": "sha256", "rsa-sha384": "sha384", "rsa-sha512": "sha512", "sha512-224": "sha512-224", "sha512/256": "sha512-256" };
  // Those whose digests have a length of one's own, and the usual one.
  const SHAKES = { __proto__: null, shake128: 16, shake256: 32 };
  const nameOf = (name) => {
    const lower = name.toLowerCase();
    return NAMES[lower] ?? lower.replace(/^sha-(\d)/, "sha$1").replace("/", "-");
  };
  const HASHES = ["blake2b512", "blake2s256", "md5", "ripemd160", "sha1", "sha224", "sha256", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "sha384", "sha512", "sha512-224", "sha512-256"];

  function bytesOf(data, encoding, name = "data") {
    if (typeof data === "string") return Buffer.from(data, encoding === "buffer" ? "utf8" : encoding);
    if (isBytes(data)) return data;
    throw invalidType(name, "of type string or an instance of Buffer, TypedArray, or DataView", data);
  }

  const keyBytes = (key, name = "key") => {
    if (key?.[HELD] !== undefined) return key[HELD];
    if (typeof key === "string" || isBytes(key)) return bytesOf(key);
    throw invalidType(name, "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey", key);
  };
  const HELD = Symbol("key");

  const { Transform } = use("node/stream");
  const given = (bytes, encoding) => (encoding && encoding !== "buffer" ? ours(bytes).toString(encoding) : ours(bytes));

  class Digester extends Transform {
    #hasher;
    #over = false;
    #streamed;

    constructor(hasher, options) {
      super(options);
      this.#hasher = hasher;
    }

    #open() {
      if (this.#over) fail(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    }

    update(data, encoding) {
      this.#open();
      if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidType("data", "of type string or an instance of Buffer, TypedArray, or DataView", data);
      this.#hasher.update(bytesOf(data, encoding));
      return this;
    }

    // The digest, whether or not it was asked for.
    finish(again) {
      if (this.#over) return again();
      this.#over = true;
      return this.#streamed ?? this.#hasher.finish();
    }

    another(length) {
      this.#open();
      return this.#hasher.copy(length);
    }

    _transform(chunk, encoding, done) {
      this.#hasher.update(bytesOf(chunk, encoding));
      done();
    }

    _flush(done) {
      this.#streamed = this.#hasher.finish() ?? new Uint8Array(0);
      this.push(given(this.#streamed.slice()));
      done();
    }
  }
  for (const name of ["finish", "another"]) Object.defineProperty(Digester.prototype, name, { enumerable: false });

  class Hash extends Digester {
    // The usual length, of what may have any.
    #usual;

    constructor(algorithm, options, usual = undefined) {
      if (algorithm === COPY) super(options);
      else {
        validateString(algorithm, "algorithm");
        const length = options?.outputLength;
        if (length !== undefined) validateInteger(length, "outputLength", 0, 2 ** 32 - 1);
        const shortest = SHAKES[nameOf(algorithm)];
        const hasher = (shortest === undefined ? native.hash(nameOf(algorithm)) : native.shake(nameOf(algorithm), length ?? shortest)) ?? undefined;
        if (hasher === undefined) throw new Error("Digest method not supported");
        if (shortest === undefined && length !== undefined && length !== native.size(nameOf(algorithm))) throw make(Error, "ERR_OSSL_EVP_INVALID_KEY_LENGTH", "error:03000082:digital envelope routines::invalid key length");
        super(hasher, options);
      }
      this.#usual = usual ?? SHAKES[nameOf(String(algorithm))];
    }

    copy(options = undefined) {
      const length = options?.outputLength;
      if (length !== undefined) validateInteger(length, "options.outputLength", 0, 2 ** 32 - 1);
      return new Hash(COPY, this.another(length ?? this.#usual ?? 0), this.#usual);
    }
    digest(encoding) { return given(this.finish(() => fail(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called")), encoding); }
  }
  const COPY = Symbol("copy");

  class Hmac extends Digester {
    constructor(algorithm, key, options) {
      validateString(algorithm, "hmac");
      const encoding = options?.encoding ?? undefined;
      const bytes = keyBytes(typeof key === "string" && encoding !== undefined ? Buffer.from(key, encoding) : key);
      const hasher = native.hmac(nameOf(algorithm), bytes) ?? undefined;
      if (hasher === undefined && SHAKES[nameOf(algorithm)] !== undefined) throw new Error("error:00000000:lib(0)::reason(0)");
      if (hasher === undefined) throw make(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
      super(hasher, options);
    }

    digest(encoding) { return given(this.finish(() => new Uint8Array(0)), encoding); }
  }

  const createHash = (algorithm, options) => new Hash(algorithm, options);
  const createHmac = (algorithm, key, options) => new Hmac(algorithm, key, options);

  function hash(algorithm, data, options = "hex") {
    validateString(algorithm, "algorithm");
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidType("input", "of type string or an instance of Buffer, TypedArray, or DataView", data);
    const encoding = typeof options === "string" ? options : options?.outputEncoding ?? "hex";
    const isKnown = native.size(nameOf(algorithm)) ?? SHAKES[nameOf(algorithm)];
    if (isKnown === undefined || isKnown === null) throw make(Error, undefined, `Digest method ${algorithm} is not supported`);
    return createHash(algorithm, typeof options === "object" ? { outputLength: options?.outputLength } : undefined).update(data).digest(encoding);
  }

  function timingSafeEqual(left, right) {
    for (const [name, value] of [["buf1", left], ["buf2", right]]) if (!isBytes(value)) fail(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
    if (left.byteLength !== right.byteLength) fail(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
    return native.isEqual(left, right);
  }

  // ---- Keys made of passwords

  const secret = (value, name) => {
    if (typeof value === "string" || isBytes(value)) return bytesOf(value);
    throw invalidType(name, "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView", value);
  };

  function pbkdf2Args(password, salt, rounds, length, digest) {
    validateString(digest, "digest");
    const args = [secret(password, "password"), secret(salt, "salt")];
    validateInteger(rounds, "iterations", 1, MOST_BYTES);
    validateInteger(length, "keylen", 0, MOST_BYTES);
    if (!HASHES.includes(nameOf(digest))) throw make(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${digest}`);
    return [nameOf(digest), ...args, rounds, length];
  }

  const noKey = () => make(Error, "ERR_CRYPTO_OPERATION_FAILED", "no key could be made");
  const finished = (promise, done) => void promise.then((key) => (key === undefined || key === null ? done(noKey()) : done(null, ours(key))), done);

  function pbkdf2(password, salt, rounds, length, digest, done) {
    if (typeof digest === "function") [digest, done] = [undefined, digest];
    const args = pbkdf2Args(password, salt, rounds, length, digest);
    validateFunction(done, "callback");
    finished(native.pbkdf2Later(...args), done);
  }
  const pbkdf2Sync = (password, salt, rounds, length, digest) => ours(native.pbkdf2(...pbkdf2Args(password, salt, rounds, length, digest)));

  function scryptArgs(password, salt, length, options = {}) {
    const args = [secret(password, "password"), secret(salt, "salt")];
    validateInteger(length, "keylen", 0, MOST_BYTES);
    // Zero stands for what it is if nothing is given.
    const pick = (names, most, otherwise) => {
      const name = names.find((one) => options[one] !== undefined);
      if (name === undefined) return otherwise;
      validateInteger(options[name], name, 0, most);
      return options[name] || otherwise;
    };
    const [n, r, p] = [pick(["N", "cost"], MOST_COST, 16384), pick(["r", "blockSize"], MOST_COST, 8), pick(["p", "parallelization"], MOST_COST, 1)];
    const most = pick(["maxmem"], undefined, 32 * 1024 * 1024);
    const wrong = (more) => { throw make(RangeError, "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", `Invalid scrypt params${more}`); };
    if (n < 2 || !Number.isInteger(Math.log2(n)) || r * p >= 2 ** 30 || Math.log2(n) >= 16 * r) wrong("");
    if (128 * r * p > MOST_BYTES || 128 * r * p + 128 * r * (n + 2) > most) wrong(": memory limit exceeded");
    return [...args, [Math.log2(n), r, p], length];
  }

  function scrypt(password, salt, length, options, done) {
    if (typeof options === "function") [options, done] = [undefined, options];
    const args = scryptArgs(password, salt, length, options);
    validateFunction(done, "callback");
    finished(native.scryptLater(...args), done);
  }

  function scryptSync(password, salt, length, options) {
    const key = native.scrypt(...scryptArgs(password, salt, length, options));
    if (key === undefined || key === null) throw noKey();
    return ours(key);
  }

  function hkdfArgs(digest, key, salt, info, length) {
    validateString(digest, "digest");
    const args = [keyBytes(key, "ikm"), secret(salt, "salt"), secret(info, "info")];
    if (args[2].byteLength > 1024) throw outOfRange("info", "must not contain more than 1024 bytes", args[2].byteLength);
    validateInteger(length, "length", 0);
    const name = nameOf(digest);
    if (!HASHES.includes(name)) throw make(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${digest}`);
    if (length > 255 * native.size(name)) throw make(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
    return [name, ...args, length];
  }
  const exact = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const hkdfSync = (...args) => exact(native.hkdf(...hkdfArgs(...args)));
  function hkdf(digest, key, salt, info, length, done) {
    validateFunction(done, "callback");
    const args = hkdfArgs(digest, key, salt, info, length);
    soon(() => exact(native.hkdf(...args)), done);
  }

  class KeyObject {
    constructor(bytes) {
      Object.defineProperty(this, HELD, { value: bytes });
    }

    get type() { return "secret"; }
    get symmetricKeySize() { return this[HELD].byteLength; }
    export(options) {
      const format = options?.format;
      if (format !== undefined && format !== "buffer" && format !== "jwk") throw invalidValue("options.format", format, "must be one of: undefined, 'buffer', 'jwk'");
      return this.#bytesAs(options);
    }
    #bytesAs(options) { return options?.format === "jwk" ? { kty: "oct", k: Buffer.from(this[HELD]).toString("base64url") } : Buffer.from(this[HELD]); }
    equals(other) { return other instanceof KeyObject && this[HELD].byteLength === other[HELD].byteLength && native.isEqual(this[HELD], other[HELD]); }
  }
  const createSecretKey = (key, encoding) => new KeyObject(Buffer.from(bytesOf(key, encoding, "key")));

  const ABSENT = [
    "createSign", "createVerify", "sign", "verify", "createPrivateKey", "createPublicKey", "createECDH", "createDiffieHellman", "diffieHellman",
    "generateKeyPair", "generateKeyPairSync", "generateKey", "generateKeySync", "generatePrime", "generatePrimeSync", "checkPrime", "checkPrimeSync", "publicEncrypt", "privateDecrypt",
    "privateEncrypt", "publicDecrypt", "Sign", "Verify", "X509Certificate", "Certificate", "getDiffieHellman", "DiffieHellman", "DiffieHellmanGroup", "ECDH", "argon2", "argon2Sync", "createDiffieHellmanGroup", "createMac", "decapsulate",
    "encapsulate", "getMacs", "parsePKCS12", "randomUUIDv7", "secureHeapUsed", "setEngine", "setFips",
  ];
  const exports = {
    ...absents("crypto", ABSENT), pseudoRandomBytes: randomBytes, prng: randomBytes, rng: randomBytes, Hash, Hmac, KeyObject, createHash, createHmac, createSecretKey, getRandomValues, hash, hkdf, hkdfSync, pbkdf2, pbkdf2Sync, randomBytes, randomFill, randomFillSync,
    randomInt, randomUUID, scrypt, scryptSync, timingSafeEqual, webcrypto: crypto, getHashes: () => [...HASHES, "RSA-MD5", "RSA-RIPEMD160", "RSA-SHA1", "RSA-SHA224", "RSA-SHA256", "RSA-SHA384", "RSA-SHA512", "shake128", "shake256"], getCurves: () => [], constants: {}, getFips: () => 0,
  };
  const ciphers = () => use("node/crypto_ciphers").ciphers(keyBytes);
  Object.assign(exports, {
    createCipheriv: (...args) => ciphers().createCipheriv(...args),
    createDecipheriv: (...args) => ciphers().createDecipheriv(...args),
    getCiphers: () => ciphers().getCiphers(),
    getCipherInfo: (...args) => ciphers().getCipherInfo(...args),
  });
  for (const name of ["Cipheriv", "Decipheriv"]) Object.defineProperty(exports, name, { get: () => ciphers()[name], enumerable: true, configurable: true });
  Object.defineProperty(exports, "subtle", { get: () => crypto.subtle, enumerable: true, configurable: true });
  return exports;
};
