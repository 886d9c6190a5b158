import { test, run, same, list, holds, throws, rejects, module } from "../harness.mjs";

const empty = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
const bad = new Uint8Array([0, 97, 115, 109, 2, 0, 0, 0]);

test("bytes come as a buffer or any view of one", () => {
  const padded = new Uint8Array([9, 9, 9, 9, 9, 9, 9, 9, ...empty, 9]);
  for (const bytes of [empty, empty.buffer, new DataView(empty.buffer), padded.subarray(8, 16), new DataView(padded.buffer, 8, 8), new Uint16Array(empty.buffer)]) {
    holds(new WebAssembly.Module(bytes) instanceof WebAssembly.Module);
    same(WebAssembly.validate(bytes), true);
  }
});

test("a view with properties that lie gives its own bytes", () => {
  let asked = 0;
  for (const properties of [["buffer", "byteOffset", "byteLength"], ["buffer"], ["byteLength"]]) {
    const view = new DataView(new ArrayBuffer(8));
    for (const name of properties) {
      Object.defineProperty(view, name, {
        get() {
          asked += 1;
          return name === "buffer" ? new Uint8Array(empty).buffer : name === "byteLength" ? 8 : 0;
        },
      });
    }
    same(WebAssembly.validate(view), false);
    throws(WebAssembly.CompileError, () => new WebAssembly.Module(view));
  }
  same(asked, 0);
});

test("the getters of views may be replaced", () => {
  const original = Object.getOwnPropertyDescriptor(DataView.prototype, "buffer");
  Object.defineProperty(DataView.prototype, "buffer", { get() { throw new Error("asked"); }, configurable: true });
  try {
    same(WebAssembly.validate(new DataView(empty.buffer)), true);
  } finally {
    Object.defineProperty(DataView.prototype, "buffer", original);
  }
});

test("anything else is a TypeError", async () => {
  for (const wrong of [undefined, null, 1, "x", {}, [], () => 1]) {
    throws(TypeError, () => new WebAssembly.Module(wrong));
    throws(TypeError, () => WebAssembly.validate(wrong));
    await rejects(TypeError, WebAssembly.compile(wrong));
    await rejects(TypeError, WebAssembly.instantiate(wrong));
  }
});

test("a bad module is a CompileError with an offset", async () => {
  throws(WebAssembly.CompileError, () => new WebAssembly.Module(bad), /version/);
  throws(WebAssembly.CompileError, () => new WebAssembly.Module(new Uint8Array(0)));
  throws(WebAssembly.CompileError, () => new WebAssembly.Module(empty.subarray(0, 6)), /0x|offset/);
  await rejects(WebAssembly.CompileError, WebAssembly.compile(bad));
  await rejects(WebAssembly.CompileError, WebAssembly.instantiate(bad));
  same(WebAssembly.validate(bad), false);
  throws(WebAssembly.CompileError, () => module`(module (func (result i32) (i64.const 0)))`);
});

test("a function body that is invalid is not valid", () => {
  same(WebAssembly.validate(globalThis.wat("(module (func (result i32) (i64.const 0)))")), false);
});

test("a detached buffer is an empty one", () => {
  const bytes = empty.slice();
  bytes.buffer.transfer();
  throws(WebAssembly.CompileError, () => new WebAssembly.Module(bytes));
});

test("the bytes are read before anything can change them", async () => {
  const bytes = empty.slice();
  const compiled = WebAssembly.compile(bytes);
  bytes.fill(0);
  holds((await compiled) instanceof WebAssembly.Module);
});

test("imports and exports", () => {
  const m = module`(module
    (import "a" "f" (func)) (import "a" "" (table 1 funcref)) (import "b" "m" (memory 1)) (import "b" "g" (global i32))
    (func (export "f2")) (table (export "t") 1 funcref) (global (export "g2") i32 (i32.const 0)) (export "m2" (memory 0)))`;
  const row = ({ module, name, kind, ...rest }) => [module, name, kind, Object.keys(rest).length];
  list(WebAssembly.Module.imports(m).map(row), [["a", "f", "function", 0], ["a", "", "table", 0], ["b", "m", "memory", 0], ["b", "g", "global", 0]]);
  list(WebAssembly.Module.exports(m).map(row), [[undefined, "f2", "function", 0], [undefined, "t", "table", 0], [undefined, "g2", "global", 0], [undefined, "m2", "memory", 0]]);
  holds(WebAssembly.Module.exports(m) !== WebAssembly.Module.exports(m), "a new array each time");
  for (const f of ["imports", "exports", "customSections"]) throws(TypeError, () => WebAssembly.Module[f]({}, ""));
});

test("custom sections", () => {
  const section = (name, ...content) => [0, name.length + content.length + 1, name.length, ...[...name].map((c) => c.charCodeAt()), ...content];
  const m = new WebAssembly.Module(new Uint8Array([...empty, ...section("a", 1, 2), ...section("b"), ...section("a", 3)]));
  const found = WebAssembly.Module.customSections(m, "a");
  same(found.length, 2);
  holds(found[0] instanceof ArrayBuffer);
  list([...new Uint8Array(found[0]), ...new Uint8Array(found[1])], [1, 2, 3]);
  same(WebAssembly.Module.customSections(m, "b")[0].byteLength, 0);
  same(WebAssembly.Module.customSections(m, "c").length, 0);
  throws(TypeError, () => WebAssembly.Module.customSections(m));
  throws(TypeError, () => WebAssembly.Module.customSections(m, undefined));
});

await run();
