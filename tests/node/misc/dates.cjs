// Dates, numbers and texts of the language as programs print them.
const d = new Date(Date.UTC(2024, 1, 29, 12, 34, 56, 789));
console.log(
  d.toISOString(),
  d.toJSON(),
  d.getTime(),
  JSON.stringify({ d }),
  d,
  [d],
  new Date("2024-02-30").getTime(),
  new Date(NaN),
);
console.log(
  Date.parse("2024-02-29T12:00:00Z"),
  Date.parse("2024-02-29"),
  new Date(0).toUTCString(),
  new Date(8.64e15).toISOString(),
  Number.isNaN(new Date(8.64e15 + 1).getTime()),
);
console.log(
  (1234.5678).toFixed(2),
  (0.000001234).toString(),
  (1e21).toString(),
  (255).toString(16),
  (0.1).toString(2).length,
  parseInt("12px"),
  Number(""),
  Number("0x1f"),
  (25).toString(36),
  (1.005).toFixed(2),
  (123.456).toPrecision(4),
  (5e-324).toExponential(),
);
console.log(
  "ß".toUpperCase(),
  "İ".toLowerCase().length,
  "a-b-c".replaceAll("-", "+"),
  "x".padStart(3, "ab"),
  "é".normalize("NFD").length,
  "abc".at(-1),
  [..."a😀"].length,
  "a,b,,c".split(","),
  "Ab".localeCompare("ab") !== 0,
  "trim ".trimEnd() + "|",
);
console.log(
  [3, 1, 10, 2].sort(),
  [3, 1, 10, 2].toSorted((a, b) => a - b),
  [1, [2, [3, [4]]]].flat(Infinity),
  [1, 2, 3].findLast((x) => x < 3),
  [1, 2, 3].with(1, 9),
  Array.from("abc").toSpliced(1, 1),
  [, 1].includes(undefined),
  structuredClone([1, { a: [2] }]),
);
console.log(
  "2024-02-29".match(/(?<y>\d+)-(?<m>\d+)/).groups.y,
  "aXbX".matchAll(/X/g).toArray().length,
  /(?<=\$)\d+/.exec("cost $42")[0],
  "tést".search(/\P{ASCII}/u),
  "a\nb".replace(/^b/m, "c"),
  /[\p{L}--[a-z]]/v.test("É"),
  "x".codePointAt(5),
);
