// TextDecoder and TextEncoder: labels, fatal, streams, views.
import shown from "../show.js";
const { wait } = shown;
const bytes = (...list) => new Uint8Array(list);
await wait("utf16", () => [
  new TextDecoder("utf-16le").decode(bytes(0x3d, 0xd8, 0, 0xde)),
  new TextDecoder("utf-16le").decode(bytes(0x3d, 0xd8)),
  new TextDecoder("utf-16be").decode(bytes(0, 65)),
]);
await wait("others", () => [
  new TextDecoder("windows-1252").decode(bytes(0x80, 0xe9)),
  new TextDecoder("koi8-r").decode(bytes(0xc1)),
  new TextDecoder("shift_jis").decode(bytes(0x82, 0xa0)),
  new TextDecoder("gbk").decode(bytes(0xc4, 0xe3)),
  new TextDecoder("euc-jp").decode(bytes(0xa4, 0xa2)),
]);
await wait("bad input", () => {
  try {
    new TextDecoder().decode("x");
  } catch (error) {
    return error.name;
  }
});
await wait("encode", () => [
  new TextEncoder().encode("a€\ud800").join(),
  new TextEncoder().encode().length,
  new TextEncoder().encode(undefined).length,
  new TextEncoder().encode(5).join(),
  new TextEncoder().encoding,
]);
await wait("into", () => {
  const to = new Uint8Array(5);
  return [new TextEncoder().encodeInto("a€é", to), to.join(), new TextEncoder().encodeInto("😀", new Uint8Array(3))];
});
await wait("options", () => [
  new TextDecoder("utf-8", undefined).fatal,
  new TextDecoder("utf-8", { fatal: 1, ignoreBOM: 0 }).fatal,
  new TextDecoder(undefined).encoding,
]);
