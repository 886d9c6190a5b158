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

test("of a module the imports are read at once, of bytes later; the start function runs later", async () => {
  const bytes = wat(`(module (import "m" "f" (func $f)) (start $f))`);
  for (const [source, expected] of [
    [new WebAssembly.Module(bytes), ["read", "returned", "start"]],
    [bytes, ["returned", "read", "start"]],
  ]) {
    const order = [];
    const done = WebAssembly.instantiate(source, { get m() { return order.push("read"), { f: () => order.push("start") }; } });
    order.push("returned");
    await done;
    list(order, expected);
  }
});

test("the promise of a module may give another, or something else", async () => {
  const [bytes, other] = [wat("(module)"), new WebAssembly.Module(wat(`(module (func (export "other")))`))];
  const { prototype } = WebAssembly.Module;
  prototype.then = (resolve) => { delete prototype.then; resolve(other); };
  const { module, instance } = await WebAssembly.instantiate(bytes);
  same(module, other);
  same(typeof instance.exports.other, "function");
  prototype.then = (resolve) => { delete prototype.then; resolve(17); };
  await rejects(TypeError, WebAssembly.instantiate(bytes));
});

await run();
