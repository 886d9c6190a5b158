// A reactor of WASI's, and what is given wrongly.
const { WASI } = require("node:wasi");
const compiled = new WebAssembly.Module(Buffer.from("AGFzbQEAAAABCAJgAABgAAF/AwMCAAEFAwEAAQYGAX8BQQALBx4DBm1lbW9yeQIAC19pbml0aWFsaXplAAADZ2V0AAEKDQIGAEEHJAALBAAjAAs=", "base64"));
const wasi = new WASI({ version: "preview1" });
const instance = new WebAssembly.Instance(compiled, {});
console.log(instance.exports.get(), wasi.initialize(instance), instance.exports.get());
const show = (run) => {
  try {
    console.log("no error", run());
  } catch (error) {
    console.log(error.name, error.code);
  }
};
show(() => wasi.initialize(instance));
show(() => new WASI());
show(() => new WASI({ version: "preview9" }));
show(() => new WASI({ version: 1 }));
show(() => new WASI({ version: "preview1", args: "a" }));
show(() => new WASI({ version: "preview1", env: 5 }));
show(() => new WASI({ version: "preview1", preopens: "x" }));
show(() => new WASI({ version: "preview1", returnOnExit: "x" }));
show(() => new WASI({ version: "preview1", stdin: "x" }));
show(() => new WASI({ version: "preview1" }).start(instance));
show(() => new WASI({ version: "preview1" }).start());
show(() => new WASI({ version: "preview1" }).start({ exports: {} }));
const later = new WASI({ version: "preview1" });
show(() => later.finalizeBindings(instance));
show(() => later.initialize(instance));
