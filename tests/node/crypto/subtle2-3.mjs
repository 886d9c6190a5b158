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
await wait("not extractable", async () =>
  subtle.exportKey("raw", await subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-1" }, false, ["sign"])),
);
await wait("usage", async () =>
  subtle.verify(
    "HMAC",
    await subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]),
    data,
    data,
  ),
);
await wait("bad usage", () => subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-1" }, false, ["encrypt"]));
await wait("no usage", () => subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-1" }, false, []));
await wait("usage name", () => subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-1" }, false, ["nope"]));
await wait("empty", () => subtle.importKey("raw", new Uint8Array(), { name: "HMAC", hash: "SHA-1" }, false, ["sign"]));
const base = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveBits", "deriveKey"]);
const hkdf = await subtle.importKey("raw", data, "HKDF", false, ["deriveBits"]);
