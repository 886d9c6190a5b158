// Structures, arrays and small integers in JavaScript's hands, and JavaScript's values in `anyref`.
import { test, run, same, list, holds, throws, instance } from "../harness.mjs";

const text = `(module
  (type $s (struct (field (mut i32)) (field (mut anyref))))
  (type $a (array (mut i32)))
  (type $other (struct (field f32)))
  (import "m" "f" (func $f (param anyref eqref) (result anyref)))
  (global $kept (mut (ref null $s)) (ref.null $s))
  (global (export "any") (mut anyref) (ref.null any))
  (table (export "table") 2 anyref)
  (tag (export "tag") (param anyref externref))
  (func (export "struct") (param i32) (result (ref $s)) (struct.new $s (local.get 0) (ref.null any)))
  (func (export "array") (param i32) (result (ref $a)) (array.new $a (i32.const 7) (local.get 0)))
  (func (export "other") (result anyref) (struct.new $other (f32.const 1)))
  (func (export "value") (param (ref null $s)) (result i32) (struct.get $s 0 (local.get 0)))
  (func (export "length") (param (ref array)) (result i32) (array.len (local.get 0)))
  (func (export "set") (param (ref $s) anyref) (struct.set $s 1 (local.get 0) (local.get 1)))
  (func (export "get") (param (ref $s)) (result anyref) (struct.get $s 1 (local.get 0)))
  (func (export "keep") (param (ref null $s)) (global.set $kept (local.get 0)))
  (func (export "kept") (result (ref null $s)) (global.get $kept))
  (func (export "same") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
  (func (export "pass") (param anyref) (result anyref) (local.get 0))
  (func (export "out") (param anyref) (result externref) (extern.convert_any (local.get 0)))
  (func (export "in") (param externref) (result anyref) (any.convert_extern (local.get 0)))
  (func (export "is i31") (param externref) (result i32) (ref.test (ref i31) (any.convert_extern (local.get 0))))
  (func (export "is struct") (param externref) (result i32) (ref.test (ref $s) (any.convert_extern (local.get 0))))
  (func (export "call") (param anyref eqref) (result anyref) (call $f (local.get 0) (local.get 1)))
  (func (export "two") (result (ref $s) i31ref)
    (struct.new $s (i32.const 3) (ref.null any)) (ref.i31 (i32.const -3)))
  (func (export "litter") (param i32)
    (loop $again
      (drop (array.new $a (i32.const 99) (i32.const 100)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "throw") (param anyref externref) (throw 0 (local.get 0) (local.get 1))))`;

// Like `list`, of objects that have no text.
const each = (actual, expected) => {
  same(actual.length, expected.length);
  expected.forEach((value, i) => holds(Object.is(actual[i], value), `${i} as expected`));
};

let answer;
const seen = [];
const exports = instance(text, {
  m: {
    f: (...args) => {
      seen.push(args);
      return answer;
    },
  },
});

test("an object is the same as long as JavaScript has it", () => {
  const made = exports.struct(42);
  same(typeof made, "object");
  exports.keep(made);
  same(exports.kept(), made);
  same(exports.pass(made), made);
  same(exports.out(made), made);
  same(exports.in(made), made);
  same(exports.same(made, exports.kept()), 1);
  same(exports.same(made, exports.struct(42)), 0);
  holds(exports.struct(42) !== made, "another object is another");
  const marks = new WeakMap([[made, "mine"]]);
  gc();
  same(marks.get(exports.kept()), "mine");
});

test("JavaScript keeps an object, and lets go of it", () => {
  const made = [];
  for (let i = 0; i < 100; i++) made.push(exports.struct(i));
  exports.litter(2000);
  gc();
  made.forEach((object, i) => same(exports.value(object), i));
  const weak = new WeakRef(made[5]);
  same(weak.deref(), made[5]);
  made.length = 0;
  gc();
  same(weak.deref(), undefined);
  // What lies where it lay has an object of its own.
  exports.litter(2000);
  same(exports.value(exports.struct(8)), 8);
});

test("of an object that WebAssembly alone has, a new one is made", () => {
  exports.keep(exports.struct(5));
  gc();
  exports.litter(100);
  const first = exports.kept();
  same(exports.value(first), 5);
  same(exports.kept(), first);
  exports.keep(null);
  same(exports.kept(), null);
  exports.litter(100);
  same(exports.value(first), 5);
});

test("objects are opaque, and nothing changes them", () => {
  for (const object of [exports.struct(1), exports.array(2)]) {
    same(Object.getPrototypeOf(object), null);
    same(Object.isExtensible(object), false);
    list(Reflect.ownKeys(object), []);
    same(object.length, undefined);
    same(object[0], undefined);
    same("x" in object, false);
    for (const change of [
      () => { object.x = 1; },
      () => delete object.x,
      () => Object.defineProperty(object, "x", { value: 1 }),
      () => Object.setPrototypeOf(object, {}),
      () => Object.preventExtensions(object),
      () => Object.freeze(object),
      () => Object.seal(object),
    ]) throws(TypeError, change);
    same(Reflect.defineProperty(object, "x", { value: 1 }), false);
    same(Reflect.preventExtensions(object), false);
    same(Reflect.setPrototypeOf(object, {}), false);
    same(Reflect.setPrototypeOf(object, null), false);
    same(Object.prototype.toString.call(object), "[object Object]");
    throws(TypeError, () => `${object}`);
    throws(TypeError, () => object());
    throws(TypeError, () => new object());
    for (const value of [object, [object]]) {
      let refused;
      try {
        structuredClone(value);
      } catch (error) {
        refused = error;
      }
      same(refused?.name, "DataCloneError");
    }
  }
});

test("a program's traps, prototypes and proxies do not get at objects", () => {
  Object.prototype.get = () => 5;
  Object.prototype.has = () => true;
  const object = exports.struct(1);
  same(object.x, undefined);
  same("x" in object, false);
  delete Object.prototype.get;
  delete Object.prototype.has;
  const proxy = new Proxy(object, {});
  throws(TypeError, () => exports.value(proxy));
  same(exports.pass(proxy), proxy);
  const revocable = Proxy.revocable({}, {});
  revocable.revoke();
  same(exports.pass(revocable.proxy), revocable.proxy);
  throws(TypeError, () => exports.same(revocable.proxy, null));
  throws(TypeError, () => exports.value({}));
});

test("numbers of 31 bits are i31, others are JavaScript's", () => {
  for (const number of [0, 1, -1, 2 ** 30 - 1, -(2 ** 30), 4.0]) {
    same(exports.pass(number), number);
    same(exports["is i31"](number), 1);
    same(exports.same(number, number), 1);
    same(exports.in(number), number);
    same(exports.out(number), number);
  }
  for (const value of [-0, 0.5, NaN, Infinity, 2 ** 30, -(2 ** 30) - 1, 2 ** 32, 1n, "1", true, undefined, Symbol("s"), {}, () => {}, exports.pass]) {
    same(exports.pass(value), value);
    same(exports["is i31"](value), 0);
    throws(TypeError, () => exports.same(value, value));
    same(exports.in(value), value);
    same(exports.out(exports.in(value)), value);
  }
  same(exports.pass(null), null);
  same(exports.in(null), null);
});

test("types are told apart", () => {
  const [struct, array, other] = [exports.struct(1), exports.array(4), exports.other()];
  same(exports.length(array), 4);
  same(exports["is struct"](struct), 1);
  same(exports["is struct"](array), 0);
  same(exports["is struct"](other), 0);
  for (const wrong of [array, other, 1, "text", {}, exports.pass, undefined]) throws(TypeError, () => exports.value(wrong));
  for (const wrong of [struct, other, 1, null, []]) throws(TypeError, () => exports.length(wrong));
  same(exports.same(struct, null), 0);
  throws(WebAssembly.RuntimeError, () => exports.value(null), /null/);
});

test("imports, several results, globals, tables, exceptions", () => {
  const [struct, array] = [exports.struct(1), exports.array(2)];
  answer = array;
  same(exports.call(struct, array), array);
  each(seen.pop(), [struct, array]);
  answer = undefined;
  same(exports.call("text", 6), undefined);
  each(seen.pop(), ["text", 6]);
  const [three, minus] = exports.two();
  same(exports.value(three), 3);
  same(minus, -3);
  for (const value of [struct, array, 6, "text", undefined, null, 0.5]) {
    exports.any.value = value;
    same(exports.any.value, value);
    exports.table.set(1, value);
    gc();
    same(exports.table.get(1), value);
    for (const pair of [[value, struct], [struct, value]]) {
      try {
        exports.throw(...pair);
      } catch (exception) {
        each([exception.getArg(exports.tag, 0), exception.getArg(exports.tag, 1)], pair);
      }
      const exception = new WebAssembly.Exception(exports.tag, pair);
      each([exception.getArg(exports.tag, 0), exception.getArg(exports.tag, 1)], pair);
    }
  }
  exports.set(three, "text");
  same(exports.get(three), "text");
  exports.set(three, array);
  same(exports.get(three), array);
});

test("a table without null needs an element", () => {
  const { table } = instance(`(module (table (export "table") 2 9 (ref any) (ref.i31 (i32.const 42))))`);
  same(table.get(1), 42);
  throws(TypeError, () => table.grow(1), /no default/);
  throws(TypeError, () => table.set(0), /no default/);
  throws(TypeError, () => table.set(0, null));
  same(table.grow(1, "text"), 2);
  same(table.get(2), "text");
});

test("objects of one realm's store only", () => {
  const made = instance(text, { m: { f() {} } }).struct(6);
  same(exports.value(made), 6);
});

await run();
