// serialize and deserialize, statistics, flags.
const v8 = require("v8"),
  { show } = require("../show.js");
const round = (x) => v8.deserialize(v8.serialize(x));
for (const x of [
  undefined,
  null,
  true,
  -5,
  2 ** 31,
  1.5,
  NaN,
  -0,
  5n,
  -(2n ** 70n),
  "text",
  "é€😀",
  "\ud800",
  new Date(5),
  /x/gi,
  [1, , 3],
  { a: { b: [] } },
  new Map([[1, { x: 2 }]]),
  new Set([[1]]),
  Buffer.from("ab"),
  new Uint16Array([1, 2]),
  new ArrayBuffer(3),
  new DataView(new ArrayBuffer(4), 1, 2),
  Object(1),
  Object("s"),
  Object(false),
  Object(9n),
  Object.assign([1], { k: 2 }),
])
  show("round", () => round(x));
show("error", () => {
  const e = round(Object.assign(new RangeError("r", { cause: 1 }), { own: 1 }));
  return [e.name, e.message, e instanceof RangeError, e.own, e.cause];
});
show("cycle", () => {
  const a = { n: 1 };
  a.me = a;
  a.list = [a];
  const b = round(a);
  return [b.me === b, b.list[0] === b];
});
show(
  "class",
  () =>
    round(
      new (class A {
        x = 1;
      })(),
    ).constructor.name,
);
show("same", () => {
  const s = { q: 1 },
    r = round([s, s]);
  return r[0] === r[1];
});
for (const bad of [() => 1, Symbol("x"), { f() {} }, new Proxy({}, {}), Promise.resolve(), new WeakMap()])
  show("cannot", () => v8.serialize(bad));
show("short", () => v8.deserialize(Buffer.from([255, 15])));
const s = new v8.Serializer();
s.writeHeader();
s.writeUint32(7);
s.writeDouble(1.5);
s.writeRawBytes(Buffer.from("xy"));
s.writeUint64(1, 2);
s.writeValue("v");
const d = new v8.Deserializer(s.releaseBuffer());
