// Text and bytes of the Web's.
const hex = (bytes) => Buffer.from(bytes).toString("hex");
console.log(hex(new TextEncoder().encode("aé€😀\ud800")), new TextEncoder().encodeInto("é€", new Uint8Array(4)), new TextEncoder().encoding);
for (const label of ["utf-8", "utf-16le", "latin1", "windows-1252", "gbk", "iso-8859-2", "utf-16be"]) console.log(label, new TextDecoder(label).encoding, JSON.stringify(new TextDecoder(label).decode(new Uint8Array([0x82, 0xa0, 0x41, 0x80]))));
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
console.log(decoder.fatal, decoder.ignoreBOM, JSON.stringify(decoder.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))), JSON.stringify(new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))));
for (const run of [() => decoder.decode(new Uint8Array([0xff])), () => new TextDecoder("nope"), () => new TextDecoder().decode("x")]) {
  try {
    run();
  } catch (error) {
    console.log(error.name, error.code);
  }
}
const stream = new TextDecoder();
console.log(stream.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + "|" + stream.decode(new Uint8Array([0xac])));
console.log(btoa("\u00ff"), atob(" /w = = ".replaceAll(" ", "")).charCodeAt(0), atob("YQ"));
for (const run of [() => btoa("€"), () => atob("a"), () => atob("€")]) {
  try {
    run();
  } catch (error) {
    console.log(error.name, error.code, error instanceof DOMException);
  }
}
console.log(structuredClone({ a: [1, new Map([[1, new Set([2])]])], d: new Date(0), r: /x/g, e: new RangeError("m").message }));
for (const value of [() => 1, Symbol("s"), new WeakMap()]) {
  try {
    structuredClone(value);
  } catch (error) {
    console.log(error.name, error.code);
  }
}
