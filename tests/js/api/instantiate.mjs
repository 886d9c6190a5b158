import { test, run, same, list, holds, throws, rejects, module } from "../harness.mjs";

const bytes = globalThis.wat(`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`);
const imports = { m: { f: () => 11 } };

test("of bytes", async () => {
  const result = await WebAssembly.instantiate(bytes, imports);
  list(Object.keys(result), ["module", "instance"]);
  same(Object.getPrototypeOf(result), Object.prototype);
  holds(result.module instanceof WebAssembly.Module && result.instance instanceof WebAssembly.Instance);
  same(result.instance.exports.g(), 11);
});

test("of a module", async () => {
  const compiled = await WebAssembly.compile(bytes);
  const instance = await WebAssembly.instantiate(compiled, imports);
  holds(instance instanceof WebAssembly.Instance);
  same(instance.exports.g(), 11);
});

test("failures", async () => {
  await rejects(TypeError, WebAssembly.instantiate(bytes));
  await rejects(TypeError, WebAssembly.instantiate(bytes, null));
  await rejects(TypeError, WebAssembly.instantiate(bytes, {}));
  await rejects(WebAssembly.LinkError, WebAssembly.instantiate(bytes, { m: {} }));
  const thrown = {};
  await rejects(thrown, WebAssembly.instantiate(bytes, { get m() { throw thrown; } }));
  const start = module`(module (func $f (unreachable)) (start $f))`;
  await rejects(WebAssembly.RuntimeError, WebAssembly.instantiate(start));
});

test("nothing of the program runs before the call returns", async () => {
  const order = [];
  const start = module`(module (import "m" "f" (func $f)) (start $f))`;
  const done = WebAssembly.instantiate(start, { get m() { return order.push("read"), { f: () => order.push("start") }; } });
  order.push("returned");
  await done;
  list(order, ["returned", "read", "start"]);
});

await run();
