// isDeepStrictEqual and what it compares.
const { isDeepStrictEqual: same } = require("util");
const pairs = [
  [NaN, NaN],
  [0, -0],
  [1, "1"],
  [
    [1, , 3],
    [1, undefined, 3],
  ],
  [{ a: undefined }, {}],
  [new Date(1), new Date(1)],
  [/a/g, /a/i],
  [Object.assign(/a/, { lastIndex: 1 }), /a/],
  [new Map([[{ a: 1 }, 1]]), new Map([[{ a: 1 }, 1]])],
  [new Set([1, { b: 2 }]), new Set([{ b: 2 }, 1])],
  [new Set([1]), new Set(["1"])],
  [new Error("a"), new Error("a")],
  [new Error("a"), new TypeError("a")],
  [new Error("a", { cause: 1 }), new Error("a", { cause: 2 })],
  [Object.create(null), {}],
  [[1], { 0: 1, length: 1 }],
  [new Uint8Array([1]), Buffer.from([1])],
  [new Uint8Array([1]), new Uint8ClampedArray([1])],
  [new Float32Array([-0]), new Float32Array([0])],
  [new ArrayBuffer(2), new ArrayBuffer(2)],
  [Symbol.for("a"), Symbol.for("a")],
  [Object(1), Object(1)],
  [Object("a"), "a"],
  [{ [Symbol.for("k")]: 1 }, { [Symbol.for("k")]: 2 }],
  [() => 1, () => 1],
  [1n, 1n],
  [new (class A {})(), new (class A {})()],
  [new WeakSet(), new WeakSet()],
  [Promise.resolve(), Promise.resolve()],
  [new URL("http://a"), new URL("http://a/")],
  [
    (function () {
      return arguments;
    })(1),
    [1],
  ],
  [Object.assign([1], { x: 1 }), [1]],
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  [
    new Map([
      [1, 2],
      [3, 4],
    ]),
    new Map([
      [3, 4],
      [1, 2],
    ]),
  ],
  [new Map([[null, undefined]]), new Map([[undefined, null]])],
  [new Boolean(true), new Boolean(false)],
];
for (const [index, [a, b]] of pairs.entries()) console.log(index, same(a, b), same(b, a));
const x = { n: 1 },
  y = { n: 1 };
x.self = x;
y.self = y;
const z = { n: 1, self: { n: 1 } };
z.self.self = z;
console.log(same(x, y), same(x, z), same([x], [y]), same(new Map([[x, x]]), new Map([[y, y]])));
const p = new Proxy({ a: 1 }, {});
console.log(same(p, { a: 1 }), same([p], [{ a: 1 }]));
console.log(
  same(
    new Set([
      [1, 2],
      [1, 2],
    ]),
    new Set([
      [1, 2],
      [2, 1],
    ]),
  ),
  same(new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }])),
  same(
    {
      get a() {
        return 1;
      },
    },
    { a: 1 },
  ),
);
try {
  console.log(same());
} catch (error) {
  console.log(error.code);
}
