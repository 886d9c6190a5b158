// crypto.subtle: digests, HMAC, derivations, keys, errors.
import shown from "../show.js";
const { wait } = shown.web,
  { subtle } = crypto,
  hex = (b) => Buffer.from(b).toString("hex"),
  data = new TextEncoder().encode("data");
for (const name of ["SHA-1", "sha-256", { name: "SHA-384" }, "SHA-512"])
  await wait("digest", async () => hex(await subtle.digest(name, data)).slice(0, 24));
await wait("digest bad", () => subtle.digest("MD5", data));
await wait("digest text", () => subtle.digest("SHA-1", "x"));
await wait("digest none", () => subtle.digest());
await wait("digest view", async () => hex(await subtle.digest("SHA-1", new DataView(data.buffer, 1, 2))).slice(0, 8));
await wait("digest name", () => subtle.digest({}, data));
const key = await subtle.importKey("raw", new Uint8Array([1, 2, 3]), { name: "HMAC", hash: "SHA-256" }, true, [
  "sign",
  "verify",
  "sign",
]);
const base = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveBits", "deriveKey"]);
const hkdf = await subtle.importKey("raw", data, "HKDF", false, ["deriveBits"]);
