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
console.log(key.type, key.extractable, key.algorithm, key.usages, Object.prototype.toString.call(key));
await wait("sign", async () => {
  const s = await subtle.sign("HMAC", key, data);
  return [
    hex(s),
    await subtle.verify("HMAC", key, s, data),
    await subtle.verify("HMAC", key, s.slice(1), data),
    await subtle.verify({ name: "hmac" }, key, s, new Uint8Array(1)),
  ];
});
await wait("export", async () => [hex(await subtle.exportKey("raw", key)), await subtle.exportKey("jwk", key)]);
await wait(
  "jwk",
  async () =>
    (
      await subtle.importKey("jwk", { kty: "oct", k: "AQID", alg: "HS512" }, { name: "HMAC", hash: "SHA-512" }, false, [
        "verify",
      ])
    ).algorithm,
);
await wait("jwk mismatch", () =>
  subtle.importKey("jwk", { kty: "oct", k: "AQID", alg: "HS512" }, { name: "HMAC", hash: "SHA-1" }, false, ["verify"]),
);
await wait("jwk kty", () =>
  subtle.importKey("jwk", { kty: "RSA", k: "AQID" }, { name: "HMAC", hash: "SHA-1" }, false, ["verify"]),
);
const base = await subtle.importKey("raw", data, "PBKDF2", false, ["deriveBits", "deriveKey"]);
const hkdf = await subtle.importKey("raw", data, "HKDF", false, ["deriveBits"]);
