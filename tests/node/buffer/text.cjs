// Text in all encodings, also what is none.
const { transcode, isUtf8, isAscii, btoa, atob, constants, kMaxLength, Blob, SlowBuffer, INSPECT_MAX_BYTES } = require("node:buffer");
const bytes = Buffer.from([0xe2, 0x82, 0xac, 0xff, 0x41, 0xc3, 0x28, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0x80]);
for (const encoding of ["utf8", "utf-8", "latin1", "binary", "ascii", "hex", "base64", "base64url", "ucs2", "utf16le", "UTF8"]) console.log(encoding, JSON.stringify(bytes.toString(encoding)));
console.log(Buffer.from("\ud800x").toString("hex"), Buffer.from("😀").toString("utf16le").length, Buffer.from("😀", "utf16le").toString("hex"));
console.log(isUtf8(Buffer.from("é")), isUtf8(bytes), isAscii(Buffer.from("abc")), isAscii(Buffer.from("é")));
console.log(btoa("hello"), atob("aGVsbG8="), constants.MAX_LENGTH === kMaxLength, typeof Blob, INSPECT_MAX_BYTES);
for (const run of [() => atob("a"), () => btoa("€")]) {
  try {
    run();
  } catch (error) {
    console.log(error.name, error.code);
  }
}
console.log(transcode(Buffer.from("é€"), "utf8", "latin1"), transcode(Buffer.from("é"), "utf8", "utf16le"), transcode(Buffer.from([0xe9]), "latin1", "utf8"));
console.log(Buffer.from("x".repeat(60)), Object.assign(Buffer.from("a"), { extra: 1 }));
console.log(String(Buffer.from("abc")), Buffer.from("abc") + "", Buffer.from("abc").toLocaleString(), Buffer.from("abc").inspect());
