// What is too much is refused before there is memory for it.
const crypto = require("crypto");
const tell = (name, run) => {
  try {
    const value = run();
    console.log(name, value.length ?? value.byteLength);
  } catch (error) {
    console.log(name, error.name, error.code);
  }
};
const scrypt = (options, length = 16) => () => crypto.scryptSync("a", "b", length, options);
tell("nothing", scrypt({}, 0));
tell("zeros", scrypt({ N: 0, r: 0, p: 0, maxmem: 0 }));
tell("p", scrypt({ N: 2, r: 8, p: 65536 }));
tell("N", scrypt({ N: 2 ** 16, r: 8, p: 1 }));
tell("N that just fits", scrypt({ N: 2 ** 10, r: 8, p: 1, maxmem: 128 * 8 * (2 ** 10 + 3) }));
tell("N that just does not", scrypt({ N: 2 ** 10, r: 8, p: 1, maxmem: 128 * 8 * (2 ** 10 + 3) - 1 }));
tell("no number", scrypt({ maxmem: NaN }));
tell("negative", scrypt({ maxmem: -1 }));
tell("text", scrypt({ N: "16384" }));
tell("no power", scrypt({ N: 3 }));
tell("large r", scrypt({ N: 2, r: 2 ** 22, p: 2 ** 7, maxmem: 2 ** 40 }));
tell("huge N", scrypt({ N: 2 ** 40, r: 8, p: 1, maxmem: 2 ** 50 }));
tell("hkdf", () => crypto.hkdfSync("sha256", "key", "salt", "info", 255 * 32));
tell("long hkdf", () => crypto.hkdfSync("sha256", "key", "salt", "info", 255 * 32 + 1));
tell("no digest", () => crypto.createHash("constructor"));
tell("no digest", () => crypto.createHash("__proto__"));
