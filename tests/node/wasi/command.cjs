// A command of WASI's: arguments, environment, a folder, its status.
const { WASI } = require("node:wasi");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const bytes = Buffer.from("AGFzbQEAAAABKAZgBH9/f38Bf2ACf38Bf2AJf39/f39+fn9/AX9gAX8AYAJ/fwBgAAACpAIIFndhc2lfc25hcHNob3RfcHJldmlldzEIZmRfd3JpdGUAABZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxDmFyZ3Nfc2l6ZXNfZ2V0AAEWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQhhcmdzX2dldAABFndhc2lfc25hcHNob3RfcHJldmlldzERZW52aXJvbl9zaXplc19nZXQAARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxC2Vudmlyb25fZ2V0AAEWd2FzaV9zbmFwc2hvdF9wcmV2aWV3MQlwYXRoX29wZW4AAhZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxB2ZkX3JlYWQAABZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCXByb2NfZXhpdAADAwMCBAUFAwEAAQcTAgZtZW1vcnkCAAZfc3RhcnQACQqcAQIbAEEAIAA2AgBBBCABNgIAQQFBAEEBQQgQABoLfgBBEEEUEAEaQcAAQYAIEAIaQYAIQRQoAgAQCEEQQRQQAxpBwABBgBAQBBpBgBBBFCgCABAIQQNBAEGAIEEIQQBCAkICQQBBGBAFRQRAQQBBgBg2AgBBBEHkADYCAEEYKAIAQQBBAUEcEAYaQYAYQRwoAgAQCAtBFCgCABAHCwsPAQBBgCALCGZpbGUudHh0", "base64");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "wasi-"));
fs.writeFileSync(path.join(folder, "file.txt"), "from the file\n");
const file = path.join(folder, "out");
let out;
const run = (options) => {
  out = fs.openSync(file, "w");
  const wasi = new WASI({ version: "preview1", stdout: out, ...options });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), wasi.getImportObject());
  return [wasi, instance];
};
const written = () => {
  fs.closeSync(out);
  return JSON.stringify(fs.readFileSync(file, "utf8"));
};
const [wasi, instance] = run({ args: ["prog", "one", "two\n"], env: { A: "1", B: "two\n" }, preopens: { "/sandbox": folder } });
console.log(Object.keys(wasi.getImportObject()), typeof wasi.wasiImport.fd_write);
console.log(wasi.start(instance), written());
try {
  wasi.start(instance);
} catch (error) {
  console.log(error.code);
}
const [bare, alone] = run({});
console.log(bare.start(alone), written());
console.log(Object.keys(new WASI({ version: "unstable" }).getImportObject()));
const [leaving, last] = run({ args: ["leaves\n"], env: { X: "12345678" }, returnOnExit: false });
process.on("exit", (code) => console.log("exit", code));
leaving.start(last);
console.log("not reached");
