// crypto.subtle: digests, HMAC, derivations, keys, errors.
import shown from "../show.js";
const { wait } = shown.web,
  { subtle } = crypto,
  hex = (b) => Buffer.from(b).toString("hex"),
  data = new TextEncoder().encode("data");
const key = await subtle.importKey("raw", new Uint8Array([1, 2, 3]), { name: "HMAC", hash: "SHA-256" }, true, [
  "sign",
  "verify",
  "sign",
]);
const base = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveBits", "deriveKey"]);
const hkdf = await subtle.importKey("raw", data, "HKDF", false, ["deriveBits"]);
await wait("wrong algorithm", () =>
  subtle.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: data, iterations: 1 }, hkdf, 8),
);
await wait("new", () => new CryptoKey());
await wait("this", () => subtle.digest.call({}, "SHA-1", data));
