// Random numbers: forms, ranges, errors.
const crypto = require("crypto"),
  { show } = require("../show.js");
show("uuid option", () => crypto.randomUUID({ disableEntropyCache: 5 }));
show("no callback", () => crypto.randomInt(5, 9, 3));
show("bad callback", () => crypto.randomBytes(4, 5));
crypto.randomBytes(4, (e, b) => {
  console.log(e, b.length);
  crypto.randomInt(9, (e, n) => {
    console.log(e, n < 9);
    crypto.randomFill(Buffer.alloc(3), 1, (e, b) => console.log(e, b[0], b.length));
  });
});
console.log(
  crypto.webcrypto === globalThis.crypto,
  crypto.subtle === globalThis.crypto.subtle,
  Object.prototype.toString.call(globalThis.crypto),
  globalThis.crypto instanceof Crypto,
);
show("new", () => new Crypto());
