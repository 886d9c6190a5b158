// Buffers as lists: loops, searches, sorting, copies with functions.
const b = Buffer.from("hello");
console.log(
  [...b.entries()].map(([i, x]) => i * x),
  Array.from(b, (x) => x + 1),
  b.at(-1),
  b.findLast((x) => x < 105),
);
console.log(
  b.map((x) => x - 32).toString(),
  b.reduce((a, x) => a + x, 0),
  b.some((x) => x > 110),
  b.every(Number.isInteger),
  b.join("-"),
);
console.log(
  Buffer.from("cab").sort().toString(),
  Buffer.from("abc").reverse().toString(),
  b.toReversed().toString(),
  b.with(0, 74).toString(),
  b.toSorted().constructor.name,
);
console.log(
  Buffer.from(b).copyWithin(0, 3).toString(),
  b.includes(101),
  b.keys().next(),
  Object.keys(Buffer.from("ab")),
  "1" in b,
  9 in b,
);
const { length, [0]: first, ...rest } = Buffer.from("xyz");
console.log(length, first, rest, JSON.stringify({ b: Buffer.from([1]) }), `${Buffer.from("t")}`, Buffer.from("5") * 2);
