// A program of Go's (GOOS=js) with its wasm_exec.js, behind the package's interface for browsers, without a worker:
// goroutines, timers and a file system that is not there.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild-wasm/lib/browser.js";

globalThis.self ??= globalThis; // a browser's name, which the package asks for
const wasm = readFileSync(fileURLToPath(import.meta.resolve("esbuild-wasm/esbuild.wasm")));
await esbuild.initialize({ wasmModule: new WebAssembly.Module(wasm), worker: false });
console.log("esbuild", esbuild.version);

const typed = `enum Colour { Red, Green = "green" }
export class Box<T> { constructor(private readonly value: T) {} get(): T { return this.value; } }
export const twice = async (f: () => Promise<number>) => 2 * (await f()) ?? 0;`;
const { code, map } = await esbuild.transform(typed, { loader: "ts", target: "es2017", sourcemap: true, sourcefile: "box.ts" });
console.log(code);
console.log(map.slice(0, 120));
console.log((await esbuild.transform(typed, { loader: "ts", minify: true })).code);

const files = {
  entry: 'import { a } from "./a"; import data from "./data.json"; console.log(a(data.n), <p class="x">hi</p>);',
  "./a": "export const a = (n) => n * 2; export const unused = () => { throw 1; };",
  "./data.json": '{"n": 21, "text": "ünïcode"}',
};
const memory = {
  name: "memory",
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path }) => ({ path, namespace: "memory" }));
    build.onLoad({ filter: /.*/, namespace: "memory" }, async ({ path }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return { contents: files[path], loader: path.endsWith("json") ? "json" : "jsx" };
    });
  },
};
const bundle = await esbuild.build({ entryPoints: ["entry"], bundle: true, write: false, format: "esm", plugins: [memory] });
console.log(bundle.outputFiles[0].text);

// Many at once: each is a goroutine.
const many = await Promise.all(
  Array.from({ length: 200 }, (_, i) => esbuild.transform(`const v${i}: number = ${i} + 1; export default v${i}`, { loader: "ts" })),
);
console.log("many", many.length, many.reduce((sum, { code }) => sum + code.length, 0));

try {
  await esbuild.transform("let let = 1 +", { sourcefile: "wrong.js", logLevel: "silent" });
} catch (error) {
  console.log(error.message);
  console.log(error.errors[0].location);
}
await esbuild.stop();
