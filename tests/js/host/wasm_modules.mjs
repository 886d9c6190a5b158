// WebAssembly modules that JavaScript imports.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, run, same, list, rejects } from "../harness.mjs";

const folder = mkdtempSync("/tmp/bident-wasm-modules-");
const file = (name, content) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test("imports and exports", async () => {
  file("host.js", "export const twice = (x) => 2 * x; export default 5; export const text = 'from JavaScript';");
  file("base.wasm", wat(`(module (global (export "answer") i32 (i32.const 42)) (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`));
  const path = file("main.wasm", wat(`(module
    (import "./host.js" "twice" (func $twice (param i32) (result i32)))
    (import "./host.js" "default" (global $five i32))
    (import "./base.wasm" "add" (func $add (param i32 i32) (result i32)))
    (import "./base.wasm" "answer" (global $answer i32))
    (import "wasm:js-string" "length" (func $length (param externref) (result i32)))
    (import "wasm:js/string-constants" "constant" (global $text (ref extern)))
    (global (export "hidden") v128 (v128.const i64x2 0 0))
    (export "text" (global $text))
    (func (export "default") (result i32) (call $length (global.get $text)))
    (func (export "a \\"quoted\\" name\\n") (result i32)
      (call $add (call $twice (global.get $answer)) (global.get $five)))
    (func (export "") (param i32) (result i32) (call $twice (local.get 0))))`));
  const namespace = await import(path);
  list(Object.keys(namespace), ["", 'a "quoted" name\n', "default", "hidden", "text"]);
  same(namespace.default(), 8);
  same(namespace.text, "constant");
  same(namespace['a "quoted" name\n'](), 89);
  same(namespace[""](21), 42);
  same(namespace.hidden, undefined);
  const base = await import(join(folder, "base.wasm"));
  same(base.answer, 42);
  same(base.memory instanceof WebAssembly.Memory, true);
  same(await import(path), namespace);
  const user = await import(file("user.mjs", "import { add, answer } from './base.wasm'; export default add(answer, 1);"));
  same(user.default, 43);
});

test("what fails", async () => {
  await rejects(WebAssembly.CompileError, import(file("broken.wasm", "no module")));
  const missing = wat(`(module (import "./host.js" "nothing" (func)))`);
  await rejects(WebAssembly.LinkError, import(file("missing.wasm", missing)));
  await rejects(WebAssembly.RuntimeError, import(file("trap.wasm", wat("(module (func $f unreachable) (start $f))"))), /unreachable/);
});

try {
  await run();
} finally {
  rmSync(folder, { recursive: true });
}
