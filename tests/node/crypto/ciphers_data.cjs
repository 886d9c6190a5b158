// Every cipher there and back, whole, in pieces and as a stream, with lengths around those of blocks.
const crypto = require("node:crypto");
const { pipeline } = require("node:stream/promises");
const { Readable, PassThrough } = require("node:stream");
const bytes = (length, seed) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 255));
const ciphers = [];
for (const size of [16, 24, 32]) for (const mode of ["cbc", "ctr", "ecb", "gcm"]) ciphers.push([`aes-${size * 8}-${mode}`, size, { ecb: 0, gcm: 12 }[mode] ?? 16]);
ciphers.push(["chacha20-poly1305", 32, 12], ["aes-128-gcm", 16, 16], ["aes-256-gcm", 32, 1], ["aes-192-gcm", 24, 33]);
(async () => {
  for (const [name, keySize, ivSize] of ciphers) {
    const key = bytes(keySize, 1), iv = ivSize === 0 ? null : bytes(ivSize, 2);
    const isAuthentic = /gcm|poly/.test(name);
    const hash = crypto.createHash("sha256");
    for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 127, 128, 129, 1000, 70000]) {
      const data = bytes(length, length), aad = bytes(length % 50, 3);
      const cipher = crypto.createCipheriv(name, key, iv);
      if (isAuthentic) cipher.setAAD(aad.subarray(0, 7)).setAAD(aad.subarray(7));
      const parts = [];
      for (let at = 0; at < length; at += 37) parts.push(cipher.update(data.subarray(at, at + 37)));
      parts.push(cipher.final());
      const all = Buffer.concat(parts);
      hash.update(all);
      const decipher = crypto.createDecipheriv(name, key, iv);
      if (isAuthentic) {
        hash.update(cipher.getAuthTag());
        decipher.setAAD(aad).setAuthTag(cipher.getAuthTag());
      }
      const back = Buffer.concat([decipher.update(all.subarray(0, 20)), decipher.update(all.subarray(20)), decipher.final()]);
      if (!back.equals(data)) console.log("not the same", name, length);
    }
    console.log(name, ivSize, hash.digest("hex").slice(0, 16));
  }
  const out = [];
  const cipher = crypto.createCipheriv("aes-256-cbc", bytes(32, 1), bytes(16, 2));
  await pipeline(Readable.from([bytes(100, 1), bytes(50, 2)]), cipher, new PassThrough().on("data", (part) => out.push(part)));
  console.log(Buffer.concat(out).toString("hex"));
  const decipher = crypto.createDecipheriv("aes-256-gcm", bytes(32, 1), bytes(12, 2)).setAuthTag(Buffer.alloc(16));
  await pipeline(Readable.from([bytes(10, 1)]), decipher, new PassThrough().resume()).catch((error) => console.log(error.message));
  const text = crypto.createCipheriv("aes-128-cbc", "k".repeat(16), "i".repeat(16));
  console.log(text.update("text é", "utf8", "base64") + text.update(" more text to encrypt", "utf8", "base64") + text.final("base64"));
  for (const name of ["blake2b512", "blake2s256", "shake128", "shake256"]) console.log(name, crypto.createHash(name, name.startsWith("shake") ? { outputLength: 40 } : {}).update(bytes(300, 5)).copy().digest("hex"));
  console.log(crypto.pbkdf2Sync("p", "s", 3, 20, "blake2b512").toString("hex"), Buffer.from(crypto.hkdfSync("blake2s256", "k", "s", "i", 20)).toString("hex"));
})();
