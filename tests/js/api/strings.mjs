// `wasm:js-string`, and strings as constants.
import { test, run, same, list, throws, rejects } from "../harness.mjs";

const { Module, Instance, RuntimeError, CompileError } = WebAssembly;

const imports = `
  (type $u (array (mut i16)))
  (import "wasm:js-string" "test" (func $test (param externref) (result i32)))
  (import "wasm:js-string" "cast" (func $cast (param externref) (result (ref extern))))
  (import "wasm:js-string" "fromCharCodeArray" (func $from (param (ref null $u) i32 i32) (result (ref extern))))
  (import "wasm:js-string" "intoCharCodeArray" (func $into (param externref (ref null $u) i32) (result i32)))
  (import "wasm:js-string" "fromCharCode" (func $char (param i32) (result (ref extern))))
  (import "wasm:js-string" "fromCodePoint" (func $point (param i32) (result (ref extern))))
  (import "wasm:js-string" "charCodeAt" (func $char_at (param externref i32) (result i32)))
  (import "wasm:js-string" "codePointAt" (func $point_at (param externref i32) (result i32)))
  (import "wasm:js-string" "length" (func $length (param externref) (result i32)))
  (import "wasm:js-string" "concat" (func $concat (param externref externref) (result (ref extern))))
  (import "wasm:js-string" "substring" (func $substring (param externref i32 i32) (result (ref extern))))
  (import "wasm:js-string" "equals" (func $equals (param externref externref) (result i32)))
  (import "wasm:js-string" "compare" (func $compare (param externref externref) (result i32)))`;

const bytes = wat(`(module ${imports}
  (export "test" (func $test)) (export "cast" (func $cast)) (export "fromCharCodeArray" (func $from))
  (export "intoCharCodeArray" (func $into)) (export "fromCharCode" (func $char)) (export "fromCodePoint" (func $point))
  (export "charCodeAt" (func $char_at)) (export "codePointAt" (func $point_at)) (export "length" (func $length))
  (export "concat" (func $concat)) (export "substring" (func $substring)) (export "equals" (func $equals))
  (export "compare" (func $compare))
  (func (export "array") (param i32) (result (ref $u)) (array.new_default $u (local.get 0)))
  (func (export "at") (param (ref $u) i32) (result i32) (array.get_u $u (local.get 0) (local.get 1)))
  (func (export "caught") (param externref) (result i32)
    (block $handler (try_table (catch_all $handler) (return (call $length (local.get 0))))) (i32.const -1))
  (func (export "repeat") (param externref i32) (result externref)
    (local $all externref) (local.set $all (local.get 0))
    (loop $again
      (local.set $all (call $concat (local.get $all) (local.get 0)))
      (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
    (local.get $all)))`);

const options = { builtins: ["js-string"] };
const exports = new Instance(new Module(bytes, options)).exports;

test("what the functions give", () => {
  const face = "a\u{1F600}\uD83D";
  list([exports.test(""), exports.test(null), exports.test(5), exports.test({}), exports.test(new String("s"))], [1, 0, 0, 0, 0]);
  same(exports.cast(face), face);
  same(exports.length(face), 4);
  list([0, 1, 2, 3].map((i) => exports.charCodeAt(face, i)), [0x61, 0xD83D, 0xDE00, 0xD83D]);
  list([0, 1, 2, 3].map((i) => exports.codePointAt(face, i)), [0x61, 0x1F600, 0xDE00, 0xD83D]);
  same(exports.fromCharCode(0x10061), "a");
  same(exports.fromCodePoint(0x1F600), "\u{1F600}");
  same(exports.fromCodePoint(0xD83D), "\uD83D");
  same(exports.concat(face, "b"), `${face}b`);
  same(exports.substring("hello", 1, 3), "el");
  same(exports.substring("hello", 3, -1), "lo");
  for (const [start, end] of [[3, 1], [6, 9], [-1, -1]]) same(exports.substring("hello", start, end), "");
  list([["a", "a"], ["a", "b"], [null, null], [null, "a"], ["a", null]].map((pair) => exports.equals(...pair)), [1, 0, 1, 0, 0]);
  list([["a", "b"], ["b", "a"], ["a", "a"], ["", "a"], ["\uFFFF", "\u{10000}"]].map((pair) => exports.compare(...pair)), [-1, 1, 0, -1, 1]);
  same(exports.repeat("ab", 5), "ab".repeat(6));
});

test("arrays of units", () => {
  const array = exports.array(6);
  same(exports.intoCharCodeArray("a\uD83D\u00FF", array, 2), 3);
  list([0, 1, 2, 3, 4, 5].map((i) => exports.at(array, i)), [0, 0, 0x61, 0xD83D, 0xFF, 0]);
  same(exports.fromCharCodeArray(array, 2, 5), "a\uD83D\u00FF");
  same(exports.fromCharCodeArray(array, 6, 6), "");
  same(exports.intoCharCodeArray("", array, 6), 0);
  for (const [start, end] of [[0, 7], [4, 3], [7, 7], [0, -1], [-1, 0]]) {
    throws(RuntimeError, () => exports.fromCharCodeArray(array, start, end), /out of bounds/);
  }
  for (const start of [5, 7, -1]) throws(RuntimeError, () => exports.intoCharCodeArray("ab", array, start), /out of bounds/);
  throws(RuntimeError, () => exports.fromCharCodeArray(null, 0, 0), /null/);
  throws(RuntimeError, () => exports.intoCharCodeArray("", null, 0), /null/);
  const long = "\u{1F600}".repeat(50_000);
  const room = exports.array(100_000);
  same(exports.intoCharCodeArray(long, room, 0), 100_000);
  same(exports.fromCharCodeArray(room, 0, 100_000), long);
});

test("what is no string, or outside of one, is a trap", () => {
  for (const wrong of [undefined, 5, {}, new String("s"), Symbol("s"), 1n, exports.array(1)]) {
    for (const name of ["cast", "length"]) throws(RuntimeError, () => exports[name](wrong), /not a string/);
    throws(RuntimeError, () => exports.concat("a", wrong), /not a string/);
    throws(RuntimeError, () => exports.equals("a", wrong), /not a string/);
    throws(RuntimeError, () => exports.compare(wrong, "a"), /not a string/);
    throws(RuntimeError, () => exports.substring(wrong, 0, 0), /not a string/);
    // No handler catches it.
    throws(RuntimeError, () => exports.caught(wrong), /not a string/);
  }
  for (const name of ["cast", "length"]) throws(RuntimeError, () => exports[name](null));
  throws(RuntimeError, () => exports.compare(null, "a"));
  for (const name of ["charCodeAt", "codePointAt"]) {
    for (const index of [1, -1]) throws(RuntimeError, () => exports[name]("a", index), /out of bounds/);
  }
  throws(RuntimeError, () => exports.fromCodePoint(0x110000));
  throws(RuntimeError, () => exports.fromCodePoint(-1));
});

test("programs cannot change what the functions do", () => {
  const { charCodeAt } = String.prototype;
  String.prototype.charCodeAt = () => 5;
  same(exports.charCodeAt("a", 0), 0x61);
  String.prototype.charCodeAt = charCodeAt;
});

test("without the option, with other types, with other names", async () => {
  same(Module.imports(new Module(bytes)).length, 13);
  same(Module.imports(new Module(bytes, options)).length, 0);
  throws(TypeError, () => new Instance(new Module(bytes)));
  const wrong = wat(`(module (import "wasm:js-string" "length" (func (param externref) (result i64))))`);
  const other = wat(`(module (import "wasm:js-string" "trim" (func (param externref) (result externref))))`);
  const global = wat(`(module (import "wasm:js-string" "length" (global i32)))`);
  for (const refused of [wrong, global]) {
    same(WebAssembly.validate(refused), true);
    same(WebAssembly.validate(refused, options), false);
    throws(CompileError, () => new Module(refused, options), /must be a function/);
    await rejects(CompileError, WebAssembly.compile(refused, options));
    await rejects(CompileError, WebAssembly.instantiate(refused, {}, options));
  }
  same(Module.imports(new Module(other, options)).length, 1);
  throws(CompileError, () => new Module(bytes, { builtins: ["js-string", "js-string"] }), /twice/);
  same(WebAssembly.validate(bytes, { builtins: ["js-string", "no such"] }), true);
  for (const bad of [5, "text"]) throws(TypeError, () => new Module(bytes, bad));
  for (const bad of [5, "js-string", {}]) throws(TypeError, () => new Module(bytes, { builtins: bad }));
  same(new Module(bytes, null) instanceof Module, true);
  const { instance, module } = await WebAssembly.instantiate(bytes, undefined, options);
  same(instance.exports.length("abc"), 3);
  same((await WebAssembly.instantiate(module)).exports.length("abcd"), 4);
});

test("strings as constants", async () => {
  const text = wat(`(module
    (import "" "a\\00\\f0\\9f\\98\\80" (global $a (ref extern)))
    (import "" "" (global $b externref))
    (import "m" "other" (global $c externref))
    (export "a" (global $a)) (export "b" (global $b)) (export "c" (global $c)))`);
  const module = new Module(text, { importedStringConstants: "" });
  list(Module.imports(module).map(({ name }) => name), ["other"]);
  const { a, b, c } = new Instance(module, { m: { other: 5 } }).exports;
  list([a.value, b.value, c.value], ["a\0\u{1F600}", "", 5]);
  same(WebAssembly.validate(text, { importedStringConstants: "m" }), true);
  for (const type of ["i32", "(mut externref)", "anyref", "(ref any)"]) {
    const bad = wat(`(module (import "'" "x" (global ${type})))`);
    same(WebAssembly.validate(bad, { importedStringConstants: "'" }), false);
    throws(CompileError, () => new Module(bad, { importedStringConstants: "'" }), /constant externref/);
    same(new Module(bad, { importedStringConstants: null }) instanceof Module, true);
  }
});

test("options are read in order, once", () => {
  const order = [];
  new Module(bytes, {
    get importedStringConstants() { order.push("constants"); return undefined; },
    get builtins() { order.push("builtins"); return undefined; },
  });
  list(order, ["builtins", "constants"]);
});

await run();
