import { test, run, same, throws } from "../harness.mjs";
import { format, inspect } from "node:util";

// The right values are Node 26's.
const shows = (value, text, options) => same(inspect(value, options), text);

test("primitives", () => {
  for (const [value, text] of [[2n ** 64n, "18446744073709551616n"], [-0, "-0"], [null, "null"], [undefined, "undefined"], [Symbol("s"), "Symbol(s)"]]) {
    shows(value, text);
  }
  shows("it's", `"it's"`);
  shows("a\"b'", "`a\"b'`");
  shows("x\ny\\\x1b[31m\ud800", "'x\\ny\\\\\\x1B[31m\\ud800'");
});

test("arrays and their holes", () => {
  shows([, "a"], "[ <1 empty item>, 'a' ]");
  shows([1, , , 2], "[ 1, <2 empty items>, 2 ]");
  shows(Object.assign([1], { k: 2 }), "[ 1, k: 2 ]");
  shows(new Array(2 ** 32 - 1), "[ <4294967295 empty items> ]");
  shows(new (class Bar extends Array {})(1, 2, 3), "Bar(3) [ 1, 2, 3 ]");
  shows(new Uint8Array([1, 2]), "Uint8Array(2) [ 1, 2 ]");
  shows(new Array(101).fill(0).length, "101");
  same(inspect(new Array(120).fill(1)).split("\n").at(-2), "  ... 20 more items");
});

test("columns", () => {
  shows([1.5, 2.25, 3, 4, 5, 6, 7, 8, 9, 10], "[\n  1.5, 2.25, 3, 4,\n    5,    6, 7, 8,\n    9,   10\n]");
  shows(["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg"], "[\n  'a',       'bb',\n  'ccc',     'dddd',\n  'eeeee',   'ffffff',\n  'ggggggg'\n]");
});

test("objects", () => {
  shows({ a: 1, "b-c": 2, [Symbol("s")]: 3, f() {}, g: class A {}, h: () => {} }, "{\n  a: 1,\n  'b-c': 2,\n  f: [Function: f],\n  g: [class A],\n  h: [Function: h],\n  Symbol(s): 3\n}");
  shows({ a: { b: { c: { d: 1 } } } }, "{ a: { b: { c: [Object] } } }");
  shows([[[[1]]]], "[ [ [ [Array] ] ] ]");
  shows(Object.create(null), "[Object: null prototype] {}");
  shows(new (class Foo { a = 1; })(), "Foo { a: 1 }");
  shows({ get a() { return 1; }, set a(v) {}, get b() { return 1; }, set c(v) {} }, "{ a: [Getter/Setter], b: [Getter], c: [Setter] }");
  shows(JSON.parse('{"__proto__": 1}'), "{ ['__proto__']: 1 }");
  shows(Math, "Object [Math] {}");
  const cyclic = { n: 1 };
  cyclic.self = cyclic;
  shows(cyclic, "<ref *1> { n: 1, self: [Circular *1] }");
});

test("collections and what has hidden parts", () => {
  shows(new Map([[1, { a: 1 }]]), "Map(1) { 1 => { a: 1 } }");
  shows(new Map(), "Map(0) {}");
  shows(new Set([1, "x"]), "Set(2) { 1, 'x' }");
  shows(new WeakMap(), "WeakMap { <items unknown> }");
  shows(Promise.resolve(4), "Promise { 4 }");
  shows(new Promise(() => {}), "Promise { <pending> }");
  const rejected = Promise.reject(5);
  rejected.catch(() => {});
  shows(rejected, "Promise { <rejected> 5 }");
  shows(new Proxy({ a: 1 }, { ownKeys() { throw new Error("seen"); } }), "Proxy({ a: 1 })");
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  shows([proxy], "[ <Revoked Proxy> ]");
  shows(Buffer.from("abc"), "<Buffer 61 62 63>");
  shows(new ArrayBuffer(4), "ArrayBuffer { [Uint8Contents]: <00 00 00 00>, [byteLength]: 4 }");
  shows([new Date(0), /a/g, new Number(3), Object(1n)], "[ 1970-01-01T00:00:00.000Z, /a/g, [Number: 3], [BigInt: 1n] ]");
});

test("errors", () => {
  const error = Object.assign(new TypeError("bad"), { code: "E", stack: "TypeError: bad\n    at x" });
  shows(error, "TypeError: bad\n    at x {\n  code: 'E'\n}");
  shows({ e: error }, "{\n  e: TypeError: bad\n      at x {\n    code: 'E'\n  }\n}");
  shows(Object.assign(new Error("m"), { stack: undefined }), "[Error: m]");
});

test("format", () => {
  same(format("%s|%d|%i|%f|%j|%O|%c|%%|%x", "a", "42", 42.9, "1.5", { a: 1 }, { b: 1 }, "css", "rest", { z: 1 }), `a|42|42|1.5|{"a":1}|{ b: 1 }||%|%x rest { z: 1 }`);
  same(format("%s %s %s %s", { a: { b: 1 } }, [1, [2]], 12n, -0, "rest"), "{ a: [Object] } [ 1, [Array] ] 12n -0 rest");
  same(format("%d", 5n, "%d"), "5n %d");
  same(format("100%%"), "100%%");
  same(format(1, "a"), "1 a");
});

test("depth without end is a RangeError", () => {
  let deep = {};
  for (let i = 0; i < 100000; i++) deep = { deep };
  throws(RangeError, () => inspect(deep, { depth: Infinity }));
  throws(RangeError, () => format("%j", deep, 0));
});

await run();
