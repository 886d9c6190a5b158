// A command of preview 1: arguments, output, what it ends with.
const { WASI } = require("wasi");
const text = (t) => [t.length, ...Buffer.from(t)],
  section = (id, ...body) => [id, body.flat().length, ...body.flat()];
const compiled = new WebAssembly.Module(
  new Uint8Array(
    [
      0,
      97,
      115,
      109,
      1,
      0,
      0,
      0,
      section(1, 2, 0x60, 1, 0x7f, 0, 0x60, 0, 0),
      section(2, 1, text("wasi_snapshot_preview1"), text("proc_exit"), 0, 0),
      section(3, 1, 1),
      section(5, 1, 0, 1),
      section(7, 2, text("_start"), 0, 1, text("memory"), 2, 0),
      section(10, 1, 6, 0, 0x41, 7, 0x10, 0, 0x0b),
    ].flat(),
  ),
);
const wasi = new WASI({ version: "preview1", args: ["a", "b"], env: { K: "v" }, returnOnExit: true });
console.log(
  Object.keys(wasi.getImportObject()),
  typeof wasi.wasiImport.fd_write,
  Object.keys(wasi.wasiImport).length > 40,
);
const instance = new WebAssembly.Instance(compiled, wasi.getImportObject());
console.log(wasi.start(instance));
for (const make of [
  () => new WASI(),
  () => new WASI({ version: "x" }),
  () => new WASI({ version: "preview1", args: 5 }),
  () => new WASI({ version: "preview1", env: 5 }),
  () => new WASI({ version: "preview1", preopens: 5 }),
  () => wasi.start(instance),
  () => new WASI({ version: "preview1" }).start({}),
  () => new WASI({ version: "preview1" }).initialize(instance),
])
  try {
    make();
    console.log("made");
  } catch (error) {
    console.log(error.name, error.code);
  }
