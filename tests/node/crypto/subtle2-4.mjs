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
await wait("format", () => subtle.importKey("nope", data, "HMAC", false, ["sign"]));
await wait("generate", async () => {
  const k = await subtle.generateKey({ name: "HMAC", hash: "SHA-1" }, true, ["sign"]);
  return [k.algorithm, (await subtle.exportKey("raw", k)).byteLength];
});
await wait(
  "generate length",
  async () => (await subtle.generateKey({ name: "HMAC", hash: "SHA-1", length: 64 }, true, ["sign"])).algorithm.length,
);
await wait("generate none", () => subtle.generateKey({ name: "HMAC", hash: "SHA-1" }, true, []));
await wait("generate bad", () => subtle.generateKey("NOPE", true, ["sign"]));
const base = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveBits", "deriveKey"]);
await wait("pbkdf2", async () =>
  hex(await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: data, iterations: 10 }, base, 128)),
);
const hkdf = await subtle.importKey("raw", data, "HKDF", false, ["deriveBits"]);
