// inspect of strings, keys, symbols, numbers, dates, boxed values, regular expressions, errors in objects.
const { inspect } = require("util");
for (const text of [
  "it's",
  'say "x"',
  'it\'s "x"',
  'it\'s "x" `y`',
  "tab\t nl\n nul\0 bell\x07 del\x7f c1\x85",
  "\ud83d lone \udc00",
  "\u2028 \ufeff \u200f",
  "back\\slash",
  "é😀",
  "",
])
  console.log(inspect(text), [text]);
console.log([
  new String("s"),
  new Number(-0),
  new Boolean(false),
  Object(Symbol("b")),
  Object(5n),
  Object.assign(new String("ab"), { x: 1 }),
]);
console.log(
  [new Date(0), new Date(NaN), Object.assign(new Date(1e12), { p: 1 })],
  [/a\/b/gi, Object.assign(/x/, { y: 1 }), new RegExp("")],
);
console.log([0, -0, 1e21, 1e-7, NaN, -Infinity, 2n ** 70n, 0.1 + 0.2, 123456789012345680000]);
console.log(Symbol(), Symbol("a b"), Symbol.for("x"), Symbol.iterator, { [Symbol.iterator]: 1, [Symbol("é")]: 2 });
console.log([
  function () {},
  function named() {},
  Object.assign(() => {}, { p: 1 }),
  class {},
  Math.max,
  Object.assign(function f() {}, { prototype: null }),
  (0, async () => {}),
  new Proxy(function p() {}, {}),
]);
