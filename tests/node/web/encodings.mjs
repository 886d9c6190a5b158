// TextDecoder and TextEncoder: labels, fatal, streams, views.
import shown from "../show.js";
const { wait } = shown;
const bytes = (...list) => new Uint8Array(list);
for (const label of [
  "utf8",
  " UTF-8 ",
  "latin1",
  "ascii",
  "iso-8859-1",
  "utf-16",
  "utf-16be",
  "shift_jis",
  "euc-kr",
  "gbk",
  "gb18030",
  "big5",
  "koi8-r",
  "windows-1251",
  "iso-8859-8-i",
  "macintosh",
  "x-user-defined",
])
  await wait(label, () => new TextDecoder(label).encoding);
for (const label of ["nope", "", "utf-7", "replacement"])
  await wait("bad", () => {
    try {
      new TextDecoder(label);
    } catch (error) {
      return [error.name, error.code];
    }
  });
await wait("decode", () => [
  new TextDecoder().decode(),
  new TextDecoder().decode(undefined),
  new TextDecoder().decode(bytes(0xef, 0xbb, 0xbf, 65)),
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf, 65)).length,
]);
await wait("views", () => [
  new TextDecoder().decode(new DataView(bytes(65, 66, 67).buffer, 1, 1)),
  new TextDecoder().decode(new Uint16Array([0x4142])),
  new TextDecoder().decode(bytes(65).buffer),
]);
await wait("wrong", () =>
  [
    bytes(0xff),
    bytes(0xc3),
    bytes(0xe2, 0x82),
    bytes(0xf0, 0x9f, 0x98),
    bytes(0xed, 0xa0, 0x80),
    bytes(0xc0, 0x80, 65),
  ].map((b) => new TextDecoder().decode(b)),
);
await wait("fatal", () => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes(0xff));
  } catch (error) {
    return [error.name, error.code];
  }
});
await wait("stream", () => {
  const d = new TextDecoder();
  return [
    d.decode(bytes(0xe2), { stream: true }),
    d.decode(bytes(0x82, 0xac), { stream: true }),
    d.decode(bytes(0xf0), { stream: true }),
    d.decode(),
  ];
});
