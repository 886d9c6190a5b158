// Digests of streams and files; encodings; random numbers with callbacks.
const crypto = require("node:crypto");
const { Readable } = require("node:stream");
const { pipeline } = require("node:stream/promises");
(async () => {
  const hash = crypto.createHash("sha256");
  await pipeline(Readable.from(["one", "two"]), hash);
  console.log(hash.digest("hex") === crypto.createHash("sha256").update("onetwo").digest("hex"));
  const piped = Readable.from(["x"]).pipe(crypto.createHmac("md5", "k"));
  for await (const part of piped) console.log(part.toString("hex"));
  const encoded = crypto.createHash("sha1").setEncoding("hex");
  encoded.write("written");
  encoded.end();
  for await (const part of encoded) console.log(part);
  for (const [text, encoding] of [["ff00", "hex"], ["aGk=", "base64"], ["é", "latin1"], ["é", "utf8"], ["é", "utf16le"]]) console.log(encoding, crypto.createHash("md5").update(text, encoding).digest("hex"));
  for (const encoding of ["hex", "base64", "base64url", "latin1", "buffer", undefined]) console.log(encoding, crypto.createHash("md5").update("x").digest(encoding).length);
  console.log(crypto.createHash("sha512").update(new Uint16Array([1, 2])).update(new DataView(new ArrayBuffer(2))).digest("hex").slice(0, 32));
  await new Promise((resolve) => crypto.randomBytes(5, (error, bytes) => { console.log(error, bytes.length); resolve(); }));
  await new Promise((resolve) => crypto.randomFill(new Uint32Array(3), 1, (error, view) => { console.log(error, view[0], view.length); resolve(); }));
  await new Promise((resolve) => crypto.randomInt(10, (error, value) => { console.log(error, value >= 0 && value < 10); resolve(); }));
  const big = crypto.randomBytes(100000);
  console.log(big.length, new Set(big).size === 256, crypto.createHash("sha256").update(big).digest().equals(crypto.createHash("sha256").update(big.subarray(0, 7)).update(big.subarray(7)).digest()));
  console.log(crypto.getRandomValues(new Uint8Array(4)).length, globalThis.crypto.getRandomValues(new BigInt64Array(1)).length);
  for (const run of [() => crypto.randomFill(Buffer.alloc(1)), () => crypto.randomBytes(1, "x"), () => crypto.randomUUID(5), () => crypto.createHash("md5", 5).update("x").digest("hex")]) {
    try {
      console.log(typeof run());
    } catch (error) {
      console.log(error.name, error.code);
    }
  }
})();
