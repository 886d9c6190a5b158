import { test, run, same, list, holds, throws } from "../harness.mjs";

test("what can be cloned", () => {
  const shared = { n: 1 };
  const copy = structuredClone({ a: shared, b: shared, m: new Map([[shared, new Set([1])]]), d: new Date(5), r: /x/gi, e: new RangeError("no", { cause: shared }), big: Object(2n) });
  same(copy.a, copy.b);
  same([...copy.m.keys()][0], copy.a);
  holds([...copy.m.values()][0].has(1));
  same(copy.d.getTime(), 5);
  same(String(copy.r), "/x/gi");
  holds(copy.e instanceof RangeError && copy.e.message === "no" && copy.e.cause === copy.a);
  same(copy.big.valueOf(), 2n);
  const holes = structuredClone([, 1]);
  list([holes.length, 0 in holes], [2, false]);
  same(Object.hasOwn(structuredClone(JSON.parse('{"__proto__": 1}')), "__proto__"), true);
});

test("cycles, also through collections", () => {
  const map = new Map();
  map.set("self", map);
  const copy = structuredClone(map);
  same(copy.get("self"), copy);
  const array = [];
  array.push(array);
  same(structuredClone(array)[0] !== array, true);
});

test("views share their buffer", () => {
  const buffer = new ArrayBuffer(8);
  const [a, b] = structuredClone([new Uint16Array(buffer, 2, 2), new DataView(buffer, 4)]);
  same(a.buffer, b.buffer);
  list([a.byteOffset, a.length, b.byteOffset, b.byteLength], [2, 2, 4, 4]);
});

test("what cannot be cloned", () => {
  for (const value of [() => 1, Symbol("s"), { f() {} }, new WeakMap(), Promise.resolve()]) {
    try {
      structuredClone(value);
    } catch (error) {
      same(error.name, "DataCloneError");
      continue;
    }
    throw new Error("cloned");
  }
});

test("transfer", () => {
  const buffer = new ArrayBuffer(4);
  const { view } = structuredClone({ view: new Uint8Array(buffer) }, { transfer: [buffer] });
  same(view.length, 4);
  same(buffer.byteLength, 0);
  const memory = new WebAssembly.Memory({ initial: 1 });
  throws(TypeError, () => structuredClone(0, { transfer: [memory.buffer] }));
});

test("no depth is too much", () => {
  let deep = [];
  for (let i = 0; i < 20000; i++) deep = [deep];
  let copy = structuredClone(deep);
  let depth = 0;
  for (; copy.length > 0; depth++) copy = copy[0];
  same(depth, 20000);
});

await run();
