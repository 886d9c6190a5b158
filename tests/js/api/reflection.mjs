// `type()`, `WebAssembly.Function`, and what a module is besides.
import { test, run, same, list, throws, instance } from "../harness.mjs";

const { Function: WasmFunction, Global, Memory, Table, Tag } = WebAssembly;

const equal = (actual, expected) => same(JSON.stringify(actual), JSON.stringify(expected));

test("types of what JavaScript makes", () => {
  equal(new Memory({ initial: 1 }).type(), { minimum: 1, shared: false });
  const memory = new Memory({ minimum: 1, maximum: 3 });
  memory.grow(1);
  equal(memory.type(), { minimum: 2, maximum: 3, shared: false });
  const wide = new Memory({ address: "i64", initial: 1n, maximum: 2n }).type();
  list([wide.minimum, wide.maximum, wide.address], [1n, 2n, "i64"]);
  equal(new Table({ element: "anyfunc", initial: 1 }).type(), { minimum: 1, element: "funcref" });
  equal(new Table({ element: "externref", minimum: 0, maximum: 2 }).type(), { minimum: 0, maximum: 2, element: "externref" });
  for (const value of ["i32", "i64", "f32", "f64", "externref", "funcref"]) {
    for (const mutable of [true, false]) equal(new Global({ value, mutable }).type(), { mutable, value });
  }
  equal(new Tag({ parameters: ["i32", "externref"] }).type(), { parameters: ["i32", "externref"] });
  equal(new Memory({ initial: 1, maximum: 2, shared: true }).type(), { minimum: 1, maximum: 2, shared: true });
  throws(TypeError, () => new Memory({ initial: 1, minimum: 1 }));
  throws(TypeError, () => new Table({ element: "funcref", initial: 1, minimum: 1 }));
  throws(TypeError, () => new Memory({ maximum: 1 }));
});

test("types of exports", () => {
  const { f, g, t } = instance(`(module
    (func (export "f") (param i32 externref) (result f64 anyref) unreachable)
    (global (export "g") (ref i31) (ref.i31 (i32.const 5)))
    (table (export "t") 0 (ref null struct)))`);
  equal(f.type(), { parameters: ["i32", "externref"], results: ["f64", "anyref"] });
  equal(g.type(), { mutable: false, value: "(ref i31)" });
  equal(t.type(), { minimum: 0, element: "structref" });
  same(Object.getPrototypeOf(f), WasmFunction.prototype);
  same(f instanceof Function, true);
  for (const type of [WasmFunction.prototype.type, Memory.prototype.type, Table.prototype.type, Global.prototype.type, Tag.prototype.type]) {
    for (const wrong of [undefined, {}, () => {}]) throws(TypeError, () => type.call(wrong));
  }
});

test("a function of WebAssembly's type", () => {
  const type = { parameters: ["i32", "f32"], results: ["i32"] };
  const calls = [];
  const made = new WasmFunction(type, (...args) => {
    calls.push(args);
    return "7";
  });
  equal(made.type(), type);
  same(made instanceof WasmFunction, true);
  same(made.length, 2);
  same(made(2 ** 32 + 1, 0.1), 7);
  list(calls.pop(), [1, Math.fround(0.1)]);
  throws(TypeError, () => new made(1, 2));
  const table = new Table({ element: "funcref", initial: 1 }, made);
  same(table.get(0), made);
  const { call } = instance(`(module (import "m" "f" (func $f (param i32 f32) (result i32)))
    (func (export "call") (result i32) (call $f (i32.const 3) (f32.const 4))))`, { m: { f: made } });
  same(call(), 7);
  list(calls.pop(), [3, 4]);
  throws(WebAssembly.LinkError, () => instance(`(module (import "m" "f" (func)))`, { m: { f: made } }));
  throws(TypeError, () => WasmFunction(type, () => {}));
  for (const args of [[], [type], [type, {}], [{ parameters: [] }, () => {}], [{ results: [] }, () => {}], [{ parameters: ["i8"], results: [] }, () => {}]]) {
    throws(TypeError, () => new WasmFunction(...args));
  }
  const [several, none] = [new WasmFunction({ parameters: [], results: ["i32", "externref"] }, () => [1, "two"]), new WasmFunction({ parameters: [], results: [] }, made)];
  list(several(), [1, "two"]);
  same(none(), undefined);
});

test("AbstractModuleSource", () => {
  const source = Object.getPrototypeOf(WebAssembly.Module);
  same(source.name, "AbstractModuleSource");
  throws(TypeError, () => source());
  throws(TypeError, () => new source());
  same(Object.getPrototypeOf(WebAssembly.Module.prototype), source.prototype);
  const { get, set, enumerable } = Object.getOwnPropertyDescriptor(source.prototype, Symbol.toStringTag);
  same(get.call(new WebAssembly.Module(wat("(module)"))), "WebAssembly.Module");
  list([get.call({}), get.call(undefined), set, enumerable], [undefined, undefined, undefined, false]);
});

test("names of sections with half of a surrogate pair name nothing", () => {
  const bytes = [...wat("(module)"), 0, 4, 3, 0xEF, 0xBF, 0xBD];
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  same(WebAssembly.Module.customSections(module, "\uFFFD").length, 1);
  same(WebAssembly.Module.customSections(module, "\uDC01").length, 0);
});

await run();
