// AES of the Web: keys, modes, what is authenticated, keys that are wrapped.
const { subtle } = globalThis.crypto;
const bytes = (length, seed) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255);
const hex = (data) => Buffer.from(data).toString("hex");
const failed = async (name, f) => { try { console.log(name, await f()); } catch (error) { console.log(name, error.name); } };
const USES = ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
const algorithms = { "AES-CBC": { iv: bytes(16, 1) }, "AES-CTR": { counter: bytes(16, 2), length: 64 }, "AES-GCM": { iv: bytes(12, 3), additionalData: bytes(5, 4), tagLength: 96 } };
for (const size of [16, 24, 32]) {
  for (const [name, parameters] of Object.entries(algorithms)) {
    const key = await subtle.importKey("raw", bytes(size, 5), name, true, USES);
    const results = [];
    for (const length of [0, 1, 16, 33, 200]) {
      const encrypted = await subtle.encrypt({ name, ...parameters }, key, bytes(length, 6));
      const back = await subtle.decrypt({ name, ...parameters }, key, encrypted);
      results.push(hex(encrypted).slice(0, 24), encrypted.byteLength, hex(back) === hex(bytes(length, 6)));
    }
    console.log(name, size, results.join(" "));
    const { alg, kty, k, ext } = await subtle.exportKey("jwk", key);
    console.log(key.algorithm, key.type, key.usages, alg, kty, k.length, ext);
  }
}
const few = await subtle.importKey("raw", bytes(16, 1), "AES-CTR", false, ["encrypt"]);
console.log(hex(await subtle.encrypt({ name: "AES-CTR", counter: new Uint8Array(16).fill(255), length: 4 }, few, bytes(40, 1))));
const key = await subtle.importKey("raw", bytes(16, 5), "AES-GCM", true, USES);
await failed("changed", async () => { const data = new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: bytes(12, 1) }, key, bytes(5, 1))); data[0] ^= 1; return subtle.decrypt({ name: "AES-GCM", iv: bytes(12, 1) }, key, data); });
await failed("short", () => subtle.decrypt({ name: "AES-GCM", iv: bytes(12, 1) }, key, bytes(5, 1)));
await failed("other mode", () => subtle.encrypt({ name: "AES-CBC", iv: bytes(16, 1) }, key, bytes(5, 1)));
await failed("no use", () => subtle.decrypt({ name: "AES-CTR", counter: bytes(16, 1), length: 8 }, few, bytes(5, 1)));
await failed("iv", () => subtle.importKey("raw", bytes(16, 1), "AES-CBC", false, ["encrypt"]).then((key) => subtle.encrypt({ name: "AES-CBC", iv: bytes(5, 1) }, key, bytes(5, 1))));
await failed("key", () => subtle.importKey("raw", bytes(15, 1), "AES-CBC", false, ["encrypt"]));
await failed("uses", () => subtle.importKey("raw", bytes(16, 1), "AES-CBC", false, ["sign"]));
await failed("none", () => subtle.importKey("raw", bytes(16, 1), "AES-CBC", false, []));
const made = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
console.log(made.algorithm, made.extractable, (await subtle.exportKey("raw", made)).byteLength);
await failed("length", () => subtle.generateKey({ name: "AES-GCM", length: 100 }, true, ["encrypt"]));
for (const format of ["raw", "jwk"]) {
  const wrapped = await subtle.wrapKey(format, made, key, { name: "AES-GCM", iv: bytes(12, 7) });
  const again = await subtle.unwrapKey(format, wrapped, key, { name: "AES-GCM", iv: bytes(12, 7) }, "AES-GCM", true, ["encrypt"]);
  console.log(format, hex(await subtle.exportKey("raw", again)) === hex(await subtle.exportKey("raw", made)));
}
const password = await subtle.importKey("raw", bytes(8, 1), "PBKDF2", false, ["deriveKey"]);
const derived = await subtle.deriveKey({ name: "PBKDF2", salt: bytes(8, 2), iterations: 10, hash: "SHA-256" }, password, { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
console.log(hex(await subtle.exportKey("raw", derived)));
