// Keys and values that need quoting, in objects, maps and symbols.
console.log({
  "a b": 1,
  a_b: 2,
  $a: 3,
  1: 4,
  "01": 5,
  "-1": 6,
  1.5: 7,
  true: 8,
  null: 9,
  "": 10,
  "\u0000": 11,
  "it's": 12,
  'q"q': 13,
  "`": 14,
});
console.log(
  new Map([
    ["it's", 'a "b"'],
    [1, "1"],
    [null, undefined],
    [NaN, -0],
    [[], {}],
    [() => 1, class {}],
  ]),
);
console.log(new Set(["a'b", `c"d`, "e`f", "line\nfeed", "tab\t", "\\", "\x1b[31m", "\u200b", "é"]));
console.log({ [Symbol("a b")]: Symbol("c'd"), [Symbol("")]: Symbol(), [Symbol.for("f")]: Symbol.for("") });
console.log(["'", '"', "`", "'\"", "'`", '"`', "'\"`", "\n'", "${x}"], "top 'level' \"string\"", [
  "\ud800",
  "\udfff\ud800",
  "a\u0300",
]);
console.log({ __proto__: { inherited: 1 }, ["__proto__"]: 5, constructor: 1, hasOwnProperty: 2, toString: null });
