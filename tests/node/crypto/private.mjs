// What a key is and may does not change with the properties that a program gives it.
const { subtle } = globalThis.crypto;
const tell = (name, promise) => promise.then((value) => console.log(name, value), (error) => console.log(name, error.name));
const hmac = { name: "HMAC", hash: "SHA-256" };
const key = await subtle.importKey("raw", new Uint8Array([1, 2, 3]), hmac, false, ["sign"]);
Object.defineProperty(key, "extractable", { value: true });
Object.defineProperty(key, "usages", { value: ["sign", "verify"] });
Object.defineProperty(key, "algorithm", { value: { name: "HMAC", hash: { name: "SHA-1" } } });
await tell("exports", subtle.exportKey("raw", key));
await tell("verifies", subtle.verify("HMAC", key, new Uint8Array(32), new Uint8Array(1)));
await tell("signs", subtle.sign("HMAC", key, new Uint8Array(1)).then((bytes) => bytes.byteLength));
const other = await subtle.importKey("raw", new Uint8Array([1, 2, 3]), "PBKDF2", false, ["deriveBits"]);
Object.defineProperty(other, "algorithm", { value: { name: "HKDF" } });
await tell("derives", subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(1), info: new Uint8Array(1) }, other, 64));
await tell("is none", subtle.exportKey("raw", { __proto__: key, extractable: true }));
