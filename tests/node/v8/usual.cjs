// Values as bytes and back.
const v8 = require("v8");
const value = {
  text: "é😀",
  n: [1, -2.5, 2 ** 40, 10n],
  nested: new Map([["k", new Set([1, { deep: true }])]]),
  when: new Date(1e12),
  re: /x+/gi,
  nothing: [null, undefined],
  bytes: Buffer.from("ab"),
};
value.self = value;
const bytes = v8.serialize(value),
  back = v8.deserialize(bytes);
console.log(
  Buffer.isBuffer(bytes),
  bytes[0],
  back.self === back,
  back.text,
  back.n,
  back.nested.get("k").has(1),
  back.when.getTime(),
  back.re,
  back.nothing,
  back.bytes,
);
console.log(
  v8.deserialize(v8.serialize([1, , 3])),
  v8.deserialize(v8.serialize(new Error("kept"))).message,
  v8.serialize("a").toString("hex"),
  v8.serialize(1).toString("hex"),
  v8.serialize(null).length,
);
for (const bad of [() => 1, { f() {} }, Symbol("s")])
  try {
    v8.serialize(bad);
  } catch (error) {
    console.log(error.name, error.message);
  }
try {
  v8.deserialize(Buffer.from([1, 2, 3]));
} catch (error) {
  console.log(error.name);
}
console.log(
  Object.keys(v8.getHeapStatistics()).includes("heap_size_limit"),
  v8.deserialize(v8.serialize(Object.assign([1], { extra: 2 }))).extra,
);
