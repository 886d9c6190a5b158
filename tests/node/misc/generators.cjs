// Iterators of the language as modules take them: maps, helpers, streams, events.
const { Readable } = require("stream");
function* count(n) {
  for (let i = 0; i < n; i++) yield i;
}
console.log(
  [
    ...count(4)
      .map((x) => x * x)
      .filter((x) => x % 2 === 0),
  ],
  count(9).take(3).toArray(),
  count(9).drop(7).toArray(),
  count(3).reduce((a, b) => a + b, 10),
);
console.log(
  new Map(count(3).map((x) => [x, String(x)])),
  new Set(count(5).flatMap((x) => [x, x])),
  Object.fromEntries(count(2).map((x) => [`k${x}`, x])),
  Math.max(...count(6)),
);
console.log(
  Array.from({ length: 3 }, (_, i) => i),
  Object.groupBy(count(6), (x) => (x % 2 ? "odd" : "even")),
  Map.groupBy(count(4), (x) => x > 1).get(true),
);
Readable.from(count(5))
  .map((x) => x + 1)
  .toArray()
  .then((all) => console.log(all));
(async () => {
  const all = [];
  for await (const x of Readable.from(count(3).map((x) => `n${x}`))) all.push(x);
  console.log(all);
})();
const closing = (function* () {
  try {
    yield 1;
    yield 2;
  } finally {
    console.log("closed");
  }
})();
for (const x of closing) {
  console.log(x);
  break;
}
console.log(
  closing.next(),
  count(2).some((x) => x === 1),
  count(2).every((x) => x < 2),
  count(5).find((x) => x > 2),
  Iterator.from([1, 2]).toArray(),
);
