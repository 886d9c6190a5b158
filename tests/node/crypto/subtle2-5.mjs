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
await wait("pbkdf2 bits", () =>
  subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: data, iterations: 10 }, base, 7),
);
await wait("pbkdf2 none", () =>
  subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: data, iterations: 0 }, base, 8),
);
await wait(
  "derive key",
  async () =>
    (
      await subtle.deriveKey(
        { name: "PBKDF2", hash: "SHA-1", salt: data, iterations: 1 },
        base,
        { name: "HMAC", hash: "SHA-256", length: 128 },
        true,
        ["sign"],
      )
    ).algorithm,
);
await wait("extractable", () => subtle.importKey("raw", data, "PBKDF2", true, ["deriveBits"]));
const hkdf = await subtle.importKey("raw", data, "HKDF", false, ["deriveBits"]);
await wait("hkdf", async () =>
  hex(await subtle.deriveBits({ name: "HKDF", hash: "SHA-1", salt: data, info: data }, hkdf, 64)),
);
await wait("hkdf usage", () =>
  subtle.deriveKey(
    { name: "HKDF", hash: "SHA-1", salt: data, info: data },
    hkdf,
    { name: "HMAC", hash: "SHA-1" },
    true,
    ["sign"],
  ),
);
