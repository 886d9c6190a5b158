// Texts to bytes and back in each encoding, with what fits none of them.
const samples = ["", "a", "é", "€", "😀", "\ud83d", "a\udc00b", "\u0100\u01ff", "\0\x7f\x80\xff"];
const bytes = Buffer.from([0, 0x7f, 0x80, 0xc3, 0xa9, 0xe2, 0x82, 0xf0, 0x9f, 0x98, 0xff]);
console.log(
  bytes.toString(undefined, undefined, 2),
  bytes.toString("latin1", -5, 1).length,
  bytes.toString("hex", 9, 100),
  bytes.toString("hex", "1", "3"),
  bytes.toString("hex", 5, 2) === "",
);
for (const bad of ["nope", ""])
  try {
    console.log(bytes.toString(bad).length);
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
try {
  Buffer.from("a", "nope");
} catch (error) {
  console.log(error.name, error.code, error.message);
}
console.log(
  Buffer.from("a", null).length,
  Buffer.from("ab", undefined).length,
  JSON.stringify(Buffer.from("hi")),
  Buffer.from(JSON.parse(JSON.stringify(Buffer.from("hi")))).toString(),
);
console.log(
  bytes.utf8Slice(3, 5),
  bytes.hexSlice(0, 2),
  bytes.latin1Slice(3, 4),
  bytes.base64Slice(),
  bytes.asciiSlice(1, 2) === "\x7f",
);
