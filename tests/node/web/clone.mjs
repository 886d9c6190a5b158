// structuredClone: what is copied, what is handed over, what is refused.
import shown from "../show.js";
const { wait } = shown;
const copy = (name, value, options) => wait(name, () => structuredClone(value, options));
await copy("plain", {
  a: [1, undefined, null],
  d: new Date(5),
  r: /x/gi,
  m: new Map([[1, { b: 2 }]]),
  s: new Set(["x"]),
  big: 5n,
});
await copy("boxed", [Object(1), Object("s"), Object(false), Object(2n)]);
await copy("arrays", [
  [1, , 3],
  Object.assign([1], { extra: 2 }),
  new Float32Array([0.5]),
  new DataView(new ArrayBuffer(4), 1, 2),
  new ArrayBuffer(2),
]);
await wait("errors", () => {
  const e = structuredClone(Object.assign(new RangeError("r", { cause: { a: 1 } }), { own: 1 }));
  return [e.name, e.message, e.cause, e.own, e instanceof RangeError, e.stack.split("\n")[0]];
});
await wait(
  "class",
  () =>
    structuredClone(
      new (class A {
        x = 1;
        get y() {
          return 2;
        }
      })(),
    ).constructor.name,
);
await wait(
  "accessors",
  () =>
    Object.getOwnPropertyDescriptor(
      structuredClone({
        get a() {
          return 5;
        },
      }),
      "a",
    ).value,
);
