// `crypto.subtle`: digests, HMAC, keys.
const { subtle } = crypto;
const text = new TextEncoder();
const hex = (buffer) => Buffer.from(buffer).toString("hex");
for (const name of ["SHA-1", "SHA-256", "sha-384", "SHA-512"]) console.log(name, hex(await subtle.digest(name, text.encode("hello"))));
const digest = await subtle.digest({ name: "SHA-256" }, new Uint8Array([1, 2, 3]).buffer);
console.log(digest instanceof ArrayBuffer, digest.byteLength);
const key = await subtle.importKey("raw", text.encode("key"), { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]);
console.log(key.type, key.extractable, key.algorithm, key.usages, Object.prototype.toString.call(key));
const signature = await subtle.sign("HMAC", key, text.encode("data"));
console.log(hex(signature), await subtle.verify("HMAC", key, signature, text.encode("data")), await subtle.verify("HMAC", key, signature, text.encode("other")));
console.log(hex(await subtle.exportKey("raw", key)), await subtle.exportKey("jwk", key));
const jwk = await subtle.importKey("jwk", { kty: "oct", k: "a2V5", alg: "HS256" }, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
console.log(await subtle.verify("HMAC", jwk, signature, text.encode("data")));
const password = await subtle.importKey("raw", text.encode("password"), "PBKDF2", false, ["deriveBits", "deriveKey"]);
console.log(hex(await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: text.encode("salt"), iterations: 100 }, password, 256)));
const material = await subtle.importKey("raw", text.encode("material"), "HKDF", false, ["deriveBits"]);
console.log(hex(await subtle.deriveBits({ name: "HKDF", hash: "SHA-512", salt: text.encode("salt"), info: text.encode("info") }, material, 128)));
const generated = await subtle.generateKey({ name: "HMAC", hash: "SHA-512" }, true, ["sign"]);
console.log(generated.algorithm, generated.usages, (await subtle.exportKey("raw", generated)).byteLength);
for (const run of [
  () => subtle.digest("MD5", new Uint8Array()),
  () => subtle.digest("SHA-256", "text"),
  () => subtle.sign("HMAC", jwk, new Uint8Array()),
  () => subtle.exportKey("raw", jwk),
  () => subtle.importKey("raw", new Uint8Array(3), { name: "HMAC", hash: "SHA-256" }, true, []),
  () => subtle.importKey("raw", new Uint8Array(3), { name: "HMAC", hash: "SHA-256" }, true, ["encrypt"]),
  () => subtle.importKey("raw", new Uint8Array(3), "PBKDF2", true, ["deriveBits"]),
]) await run().then(() => console.log("no error"), (error) => console.log(error.name));
try {
  new CryptoKey();
} catch (error) {
  console.log(error.name, error.code);
}
console.log(typeof SubtleCrypto, subtle instanceof SubtleCrypto);
