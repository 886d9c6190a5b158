// `crypto.subtle`, of the Web Cryptography API: digests, HMAC, AES, and keys made of passwords.
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
  const CIPHER_USES = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
  const MODES = { __proto__: null, "AES-CBC": "cbc", "AES-CTR": "ctr", "AES-GCM": "gcm" };
  const ALLOWED = { __proto__: null, "AES-CBC": CIPHER_USES, "AES-CTR": CIPHER_USES, "AES-GCM": CIPHER_USES, HMAC: ["sign", "verify"], PBKDF2: ["deriveKey", "deriveBits"], HKDF: ["deriveKey", "deriveBits"] };

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
    if (MODES[name] !== undefined) {
      if (![16, 24, 32].includes(bytes.length)) refuse("DataError", "Invalid key length");
      return new CryptoKey(MADE, { bytes, extractable: Boolean(extractable), usages: USES.filter((usage) => usages.includes(usage)), algorithm: { name, length: 8 * bytes.length } });
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

  const failed = () => refuse("OperationError", "The operation failed for an operation-specific reason");

  // Encrypts or decrypts with a key that is for this usage.
  function crypt(encrypts, usage, algorithm, key, data) {
    const given = named(algorithm);
    const { bytes, algorithm: { name } } = heldBy(key);
    if (MODES[given.name] === undefined) refuse("NotSupportedError", "Unrecognized algorithm name");
    if (given.name !== name) refuse("InvalidAccessError", "Key algorithm mismatch");
    heldBy(key, usage);
    const input = bytesOf(data);
    const vector = bytesOf(name === "AES-CTR" ? given.counter : given.iv, name === "AES-CTR" ? "algorithm.counter" : "algorithm.iv");
    if (name === "AES-CBC" && vector.length !== 16) refuse("OperationError", "algorithm.iv must contain exactly 16 bytes");
    if (name === "AES-CTR" && vector.length !== 16) refuse("OperationError", "algorithm.counter must contain exactly 16 bytes");
    if (name === "AES-CTR" && !(given.length >= 1 && given.length <= 128)) refuse("OperationError", "AES-CTR algorithm.length must be between 1 and 128");
    // A counter that came around would encrypt twice with the same.
    if (name === "AES-CTR" && input.length > 16 * 2 ** given.length) refuse("OperationError", "the data is too long for the counter");
    if (name === "AES-GCM" && vector.length === 0) refuse("OperationError", "algorithm.iv must not be empty");
    const tagLength = name === "AES-GCM" ? (given.tagLength ?? 128) / 8 : 0;
    if (name === "AES-GCM" && ![4, 8, 12, 13, 14, 15, 16].includes(tagLength)) refuse("OperationError", `${given.tagLength} is not a valid AES-GCM tag length`);
    const cipher = native.cipher(MODES[name], encrypts, bytes, vector, Number(given.length ?? 128));
    if (name === "AES-GCM" && given.additionalData !== undefined) cipher.add(bytesOf(given.additionalData, "algorithm.additionalData"));
    const end = encrypts ? input.length : input.length - tagLength;
    if (end < 0) failed();
    const first = cipher.update(input.subarray(0, end));
    let rest = cipher.finish();
    if (typeof rest === "string") failed();
    if (name === "AES-GCM") {
      rest = rest.slice(0, tagLength);
      if (!encrypts && !native.isEqual(rest, input.subarray(end))) failed();
      if (!encrypts) rest = new Uint8Array(0);
    }
    const result = new Uint8Array(first.length + rest.length);
    result.set(first);
    result.set(rest, first.length);
    return result.buffer;
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
      const alg = algorithm.name === "HMAC" ? `HS${algorithm.hash.name.slice(4)}` : `A${algorithm.length}${algorithm.name.slice(4)}`;
      return { key_ops: [...usages], ext: extractable, alg, kty: "oct", k: Buffer.from(bytes).toString("base64url") };
    }

    async generateKey(algorithm, extractable, usages) {
      const given = named(algorithm);
      if (MODES[given.name] !== undefined) {
        if (![128, 192, 256].includes(given.length)) refuse("OperationError", "AES key length must be 128, 192, or 256 bits");
        return make(given, globalThis.crypto.getRandomValues(new Uint8Array(given.length / 8)), extractable, usages);
      }
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

    async encrypt(algorithm, key, data) { return crypt(true, "encrypt", algorithm, key, data); }
    async decrypt(algorithm, key, data) { return crypt(false, "decrypt", algorithm, key, data); }

    async wrapKey(format, key, wrappingKey, algorithm) {
      heldBy(wrappingKey, "wrapKey");
      const exported = await this.exportKey(format, key);
      return crypt(true, "wrapKey", algorithm, wrappingKey, format === "jwk" ? Buffer.from(JSON.stringify(exported)) : exported);
    }

    async unwrapKey(format, wrapped, unwrappingKey, algorithm, wanted, extractable, usages) {
      const bytes = crypt(false, "unwrapKey", algorithm, unwrappingKey, wrapped);
      return this.importKey(format, format === "jwk" ? JSON.parse(Buffer.from(bytes).toString()) : bytes, wanted, extractable, usages);
    }

    async deriveBits(algorithm, key, length) {
      heldBy(key, "deriveBits");
      return exact(await derive(algorithm, key, length));
    }

    async deriveKey(algorithm, key, wanted, extractable, usages) {
      heldBy(key, "deriveKey");
      const given = named(wanted);
      if (MODES[given.name] !== undefined) return make(given, await derive(algorithm, key, given.length), extractable, usages);
      if (given.name !== "HMAC") refuse("NotSupportedError", "Unrecognized algorithm name");
      const bits = given.length ?? 8 * BLOCK[hashOf(given.hash)];
      return make(given, await derive(algorithm, key, bits), extractable, usages);
    }
  }
  for (const name of ["encrypt", "decrypt", "wrapKey", "unwrapKey"]) Object.defineProperty(SubtleCrypto.prototype, name, { enumerable: true });
  Object.defineProperty(SubtleCrypto.prototype, Symbol.toStringTag, { value: "SubtleCrypto", configurable: true });

  return { CryptoKey, SubtleCrypto, subtle: new SubtleCrypto(MADE) };
};
