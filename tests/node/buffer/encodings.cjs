// Texts to bytes and back in each encoding, with what fits none of them.
const samples = ["", "a", "é", "€", "😀", "\ud83d", "a\udc00b", "\u0100\u01ff", "\0\x7f\x80\xff"];
for (const encoding of [
  "utf8",
  "utf-8",
  "UCS2",
  "utf16le",
  "latin1",
  "binary",
  "ascii",
  "base64",
  "base64url",
  "hex",
]) {
  console.log(
    encoding,
    samples.map((text) => Buffer.from(text, encoding).toString("hex")).join("|"),
    Buffer.byteLength("é€", encoding),
  );
}
const bytes = Buffer.from([0, 0x7f, 0x80, 0xc3, 0xa9, 0xe2, 0x82, 0xf0, 0x9f, 0x98, 0xff]);
for (const encoding of ["utf8", "ucs2", "latin1", "ascii", "base64", "base64url", "hex"])
  console.log(encoding, JSON.stringify(bytes.toString(encoding)), JSON.stringify(bytes.toString(encoding, 3, 6)));
for (const text of [
  "YQ",
  "YQ=",
  "YQ==",
  "YQ==YQ==",
  "Y Q = =",
  "YWI",
  "YWI-_w",
  "YWI+/w",
  "Y",
  "!!!!",
  "=YQ",
  "YQ\n==",
])
  console.log(JSON.stringify(text), Buffer.from(text, "base64").toString("hex"), Buffer.byteLength(text, "base64"));
for (const text of ["abc", "ab cd", "zz", "aAzz", "abcdeg", "ff"]) console.log(text, Buffer.from(text, "hex"));
console.log(
  ["utf8", "UTF-8", "Utf16le", "ucs-2", "bogus", "", undefined, null, 5, "hex", "BASE64URL", "binary"]
    .map((name) => Buffer.isEncoding(name))
    .join(),
);
try {
  Buffer.from("a", "nope");
} catch (error) {
  console.log(error.name, error.code, error.message);
}
