// `compileStreaming` and `instantiateStreaming`, of what is like a `Response`.
import { test, run, same, list, rejects } from "../harness.mjs";

const { compileStreaming, instantiateStreaming, CompileError } = WebAssembly;
const bytes = wat(`(module (import "m" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))`);
const response = (type, more = {}) => ({
  ok: true,
  headers: { get: (name) => (name === "content-type" ? type : null) },
  arrayBuffer: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  ...more,
});

test("a response, a promise of one, one without headers", async () => {
  for (const source of [response("application/wasm"), Promise.resolve(response(" Application/WASM ")), { arrayBuffer: () => bytes }]) {
    const module = await compileStreaming(source);
    list(WebAssembly.Module.exports(module).map(({ name }) => name), ["g"]);
    const both = await instantiateStreaming(source, { m: { f: () => 5 } });
    same(both.instance.exports.g(), 5);
    same(both.module instanceof WebAssembly.Module, true);
  }
});

test("what is refused", async () => {
  for (const type of ["text/html", "application/wasm; charset=utf-8", "", null]) await rejects(TypeError, compileStreaming(response(type)), /type/);
  await rejects(TypeError, compileStreaming(response("application/wasm", { ok: false, status: 404 })), /404/);
  for (const wrong of [undefined, null, 5, bytes, {}]) {
    await rejects(TypeError, compileStreaming(wrong));
    await rejects(TypeError, instantiateStreaming(wrong));
  }
  const reason = new Error("no network");
  await rejects(reason, compileStreaming(Promise.reject(reason)));
  await rejects(CompileError, compileStreaming({ arrayBuffer: () => new ArrayBuffer(4) }));
  await rejects(TypeError, instantiateStreaming(response("application/wasm")));
  list([compileStreaming.length, instantiateStreaming.length], [1, 1]);
});

await run();
