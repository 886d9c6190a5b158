// What a cipher refuses: lengths, and what comes too late.
const { createCipheriv, createDecipheriv } = require("crypto");

const [key, iv] = [Buffer.alloc(32, 1), Buffer.alloc(12, 2)];
const show = (name, call) => {
  try {
    console.log(name, call());
  } catch (error) {
    console.log(name, error.name, error.code, error.message);
  }
};
for (const length of ["x", -1, 1.5, NaN, {}, 3, 17, 16]) show("length", () => createCipheriv("aes-256-gcm", key, iv, { authTagLength: length }).constructor.name);
for (const kind of ["aes-256-gcm", "chacha20-poly1305"]) {
  const make = (create = createCipheriv) => create(kind, key, iv, { authTagLength: 16 });
  show("twice", () => {
    const cipher = make().setAAD(Buffer.from("a")).setAAD(Buffer.from("b"));
    cipher.final();
    return cipher.getAuthTag().toString("hex");
  });
  show("before", () => {
    const cipher = make();
    cipher.update("");
    return cipher.setAAD(Buffer.from("b")) === cipher;
  });
  show("after", () => {
    const cipher = make();
    cipher.update("a");
    cipher.setAAD(Buffer.from("b"));
  });
  show("after", () => {
    const decipher = make(createDecipheriv);
    decipher.update("a");
    decipher.setAAD(Buffer.from("b"));
  });
  for (const length of [1, 129, 200]) show(`iv ${length}`, () => createCipheriv(kind, key, Buffer.alloc(length)).constructor.name);
}
