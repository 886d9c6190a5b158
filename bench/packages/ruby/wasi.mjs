// Ruby on `node:wasi`.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DefaultRubyVM } from "@ruby/wasm-wasi/dist/node";
import { run } from "./program.mjs";

const wasm = readFileSync(fileURLToPath(import.meta.resolve("@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm")));
const { vm } = await DefaultRubyVM(await WebAssembly.compile(wasm));
await run(vm);
