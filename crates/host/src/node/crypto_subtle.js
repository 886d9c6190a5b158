// `crypto.subtle`, of the Web Cryptography API: digests, HMAC, and keys made of passwords.
(native, use) => {
  const { DOMException } = use("web/idl");
  const refuse = (name, message) => {
    throw new DOMException(message, name);
  };

  const HASHES = { __proto__: null, "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512", "SHA3-256": "sha3-256", "SHA3-384": "sha3-384", "SHA3-512": "sha3-512" };
  const USES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];

  function bytesOf(data, what = "data") {
    if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    throw Object.assign(new TypeError(`${what} must be an ArrayBuffer or a view of one`), { code: "ERR_INVALID_ARG_TYPE" });
  }

  const named = (algorithm) => {
    const given = typeof algorithm === "string" ? { name: algorithm } : algorithm;
    if (given === null || typeof given !== "object" || given.name === undefined) throw new TypeError("an algorithm must have a name");
    return { ...given, name: String(given.name).toUpperCase() };
  };

  function hashOf(algorithm) {
    const { name } = named(algorithm);
    if (HASHES[name] === undefined) refuse("NotSupportedError", "Unrecognized algorithm name");
    return name;
  }

  const exact = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

  const MADE = Symbol("made");
  class CryptoKey {
    #held;
    #shown;

    constructor(made, held) {
      if (made !== MADE) throw Object.assign(new TypeError("Illegal constructor"), { code: "ERR_ILLEGAL_CONSTRUCTOR" });
      this.#held = held;
      this.#shown = { ...held.algorithm, ...(held.algorithm.hash ? { hash: { ...held.algorithm.hash } } : {}) };
    }

    get type() { return "secret"; }
    get extractable() { return this.#held.extractable; }
    get algorithm() { return this.#shown; }
    get usages() { return [...this.#held.usages]; }
    // What it is and may, whatever the program has made of its properties.
    static heldBy(key, usage) {
      if (!(#held in Object(key))) throw new TypeError("a key must be a CryptoKey");
      if (usage !== undefined && !key.#held.usages.includes(usage)) refuse("InvalidAccessError", `The requested operation is not valid for the provided key`);
      return key.#held;
    }
  }
  const { heldBy } = CryptoKey;
  delete CryptoKey.heldBy;
  Object.defineProperty(CryptoKey.prototype, Symbol.toStringTag, { value: "CryptoKey", configurable: true });

  const BLOCK = { "SHA-1": 64, "SHA-256": 64, "SHA-384": 128, "SHA-512": 128, "SHA3-256": 136, "SHA3-384": 104, "SHA3-512": 72 };
  const ALLOWED = { __proto__: null, HMAC: ["sign", "verify"], PBKDF2: ["deriveKey", "deriveBits"], HKDF: ["deriveKey", "deriveBits"] };

  function make(algorithm, bytes, extractable, usages) {
    const { name } = algorithm;
    if (ALLOWED[name] === undefined) refuse("NotSupportedError", "Unrecognized algorithm name");
    for (const usage of usages) {
      if (!USES.includes(usage)) throw new TypeError(`${usage} is no usage of a key`);
      if (!ALLOWED[name].includes(usage)) refuse("SyntaxError", `Unsupported key usage for a ${name} key`);
    }
    if (usages.length === 0) refuse("SyntaxError", "Usages cannot be empty when importing a secret key.");
    if (name === "HMAC") {
      const hash = hashOf(algorithm.hash);
      const length = algorithm.length ?? 8 * bytes.length;
      if (bytes.length === 0) refuse("DataError", "Zero-length key is not supported");
      return new CryptoKey(MADE, { bytes, extractable: Boolean(extractable), usages: [...new Set(usages)], algorithm: { name, length, hash: { name: hash } } });
    }
    if (extractable) refuse("SyntaxError", `${name} keys are not extractable`);
    return new CryptoKey(MADE, { bytes, extractable: false, usages: [...usages], algorithm: { name } });
  }

  function mac(key, usage, data) {
    const { algorithm, bytes } = heldBy(key, usage);
    if (algorithm.name !== "HMAC") refuse("InvalidAccessError", "Key algorithm mismatch");
    const hasher = native.hmac(HASHES[algorithm.hash.name], bytes);
    hasher.update(bytesOf(data));
    return hasher.finish();
  }

  function derive(algorithm, key, bits) {
    const given = named(algorithm);
    const { bytes, algorithm: { name } } = heldBy(key);
    if (given.name !== name) refuse("InvalidAccessError", "Key algorithm mismatch");
    if (bits === null || bits === undefined || bits % 8 !== 0) refuse("OperationError", "length must be a multiple of 8");
    const hash = HASHES[hashOf(given.hash)];
    const salt = bytesOf(given.salt, "salt");
    if (given.name === "PBKDF2") {
      if (!(given.iterations > 0)) refuse("OperationError", "iterations cannot be zero");
      return native.pbkdf2Later(hash, bytes, salt, given.iterations, bits / 8);
    }
    const made = native.hkdf(hash, bytes, salt, bytesOf(given.info, "info"), bits / 8);
    return made ?? refuse("OperationError", "the length is too large");
  }

  class SubtleCrypto {
    #made = true;

    constructor(made) {
      if (made !== MADE) throw Object.assign(new TypeError("Illegal constructor"), { code: "ERR_ILLEGAL_CONSTRUCTOR" });
    }

    async digest(algorithm, data) {
      this.#made;
      const hasher = native.hash(HASHES[hashOf(algorithm)]);
      hasher.update(bytesOf(data));
      return exact(hasher.finish());
    }

    async importKey(format, data, algorithm, extractable, usages) {
      const given = named(algorithm);
      if (format === "raw" || format === "raw-secret") return make(given, bytesOf(data), extractable, usages);
      if (!["spki", "pkcs8", "jwk", "raw-public", "raw-private", "raw-seed"].includes(format)) throw new TypeError(`${format} is no format of a key`);
      if (format !== "jwk") refuse("NotSupportedError", `Unable to import ${given.name} using ${format} format`);
      if (data?.kty !== "oct") refuse("DataError", "Invalid keyData");
      if (data.alg !== undefined && given.name === "HMAC" && data.alg !== `HS${hashOf(given.hash).slice(4)}`) refuse("DataError", 'JWK "alg" does not match the requested algorithm');
      return make(given, new Uint8Array(Buffer.from(data.k, "base64url")), extractable, usages);
    }

    async exportKey(format, key) {
      const { bytes, extractable, algorithm, usages } = heldBy(key);
      if (!extractable) refuse("InvalidAccessError", "key is not extractable");
      if (format === "raw" || format === "raw-secret") return exact(bytes.slice());
      if (format !== "jwk") refuse("NotSupportedError", `Unable to export using ${format} format`);
      return { key_ops: [...usages], ext: extractable, alg: `HS${algorithm.hash.name.slice(4)}`, kty: "oct", k: Buffer.from(bytes).toString("base64url") };
    }

    async generateKey(algorithm, extractable, usages) {
      const given = named(algorithm);
      if (given.name !== "HMAC") refuse("NotSupportedError", "Unrecognized algorithm name");
      const length = given.length ?? 8 * BLOCK[hashOf(given.hash)];
      return make({ ...given, length }, globalThis.crypto.getRandomValues(new Uint8Array(Math.ceil(length / 8))), extractable, usages);
    }

    async sign(algorithm, key, data) {
      if (named(algorithm).name !== "HMAC") refuse("NotSupportedError", "Unrecognized algorithm name");
      return exact(mac(key, "sign", data));
    }

    async verify(algorithm, key, signature, data) {
      if (named(algorithm).name !== "HMAC") refuse("NotSupportedError", "Unrecognized algorithm name");
      return native.isEqual(mac(key, "verify", data), bytesOf(signature));
    }

    async deriveBits(algorithm, key, length) {
      heldBy(key, "deriveBits");
      return exact(await derive(algorithm, key, length));
    }

    async deriveKey(algorithm, key, wanted, extractable, usages) {
      heldBy(key, "deriveKey");
      const given = named(wanted);
      if (given.name !== "HMAC") refuse("NotSupportedError", "Unrecognized algorithm name");
      const bits = given.length ?? 8 * BLOCK[hashOf(given.hash)];
      return make(given, await derive(algorithm, key, bits), extractable, usages);
    }
  }
  for (const name of ["encrypt", "decrypt", "wrapKey", "unwrapKey"]) {
    const value = { async [name](algorithm) { return refuse("NotSupportedError", `${named(algorithm).name} is not there in this host`); } }[name];
    Object.defineProperty(SubtleCrypto.prototype, name, { value, writable: true, enumerable: true, configurable: true });
  }
  Object.defineProperty(SubtleCrypto.prototype, Symbol.toStringTag, { value: "SubtleCrypto", configurable: true });

  return { CryptoKey, SubtleCrypto, subtle: new SubtleCrypto(MADE) };
};
