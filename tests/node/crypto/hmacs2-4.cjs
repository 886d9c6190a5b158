// HMAC, timingSafeEqual, keys, derivations.
const crypto = require("crypto"),
  { show } = require("../show.js");
for (const bad of [
  ["nope", "k", "s", "i", 4],
  ["sha1", "k", "s", "i", 9999],
  ["sha1", 5, "s", "i", 4],
  ["sha1", "k", "s", "i".repeat(2000), 4],
  ["sha1", "k", "s", "i", -1],
])
  show("hkdf bad", () => crypto.hkdfSync(...bad));
crypto.pbkdf2("p", "s", 2, 4, "sha256", (e, k) => {
  console.log(e, k);
  crypto.scrypt("p", "s", 4, (e, k) => {
    console.log(e, k);
    crypto.hkdf("sha1", "k", "s", "i", 4, (e, k) => console.log(e, k));
  });
});
show("no callback", () => crypto.pbkdf2("p", "s", 2, 4, "sha256"));
show("no callback scrypt", () => crypto.scrypt("p", "s", 4));
