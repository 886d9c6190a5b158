// `Intl` in English.
const list = ["apples", "pears", "plums"];
for (const type of ["conjunction", "disjunction", "unit"]) for (const style of ["long", "short", "narrow"]) console.log([1, 2, 3].map((n) => new Intl.ListFormat("en", { type, style }).format(list.slice(0, n))));
console.log([..."a👩‍👩‍👧é🇨🇿\r\n각x"].length, [...new Intl.Segmenter().segment("a👩‍👩‍👧é🇨🇿\r\n각x👍🏽")].map(({ segment }) => segment));
console.log([...new Intl.Segmenter("en", { granularity: "word" }).segment("Don't stop, 3.14 times!")].map(({ segment, index, isWordLike }) => [segment, index, isWordLike]));
console.log([...new Intl.Segmenter("en", { granularity: "sentence" }).segment("One. Two? Three!")].map(({ segment }) => segment), new Intl.Segmenter().segment("héllo").containing(1));
for (const [value, options] of [
  [1234567.891, {}], [0.5, { style: "percent" }], [1234.5, { style: "currency", currency: "USD" }], [-5, { style: "currency", currency: "EUR" }], [1e6, { style: "currency", currency: "JPY" }], [1234567, { notation: "compact" }], [1500, { notation: "compact", compactDisplay: "long" }],
  [3.14159, { maximumFractionDigits: 2 }], [5, { minimumFractionDigits: 2 }], [7, { minimumIntegerDigits: 2 }], [123456, { maximumSignificantDigits: 3 }], [1.005, { maximumFractionDigits: 2 }], [NaN, {}], [-Infinity, {}], [12345678901234567890n, {}], [1e21, {}], [0.000001234, { maximumSignificantDigits: 2 }],
  [1234, { useGrouping: false }], [3, { signDisplay: "always" }], [-0, {}], [12, { style: "unit", unit: "megabyte" }],
]) console.log(value, options, new Intl.NumberFormat("en-US", options).format(value));
console.log(new Intl.NumberFormat().formatToParts(-1234.5));
const plural = new Intl.PluralRules("en", { type: "ordinal" });
console.log([1, 2, 3, 4, 11, 12, 13, 21, 102].map((n) => plural.select(n)), [0, 1, 2].map((n) => new Intl.PluralRules().select(n)));
console.log(["b", "a", "B", "A", "é", "e", "_", "1", "10", "2"].sort(new Intl.Collator("en").compare), ["f10", "f9", "F1"].sort(Intl.Collator("en", { numeric: true }).compare), new Intl.Collator("en", { sensitivity: "base" }).compare("É", "e"));
const date = new Date(Date.UTC(2024, 1, 9, 15, 4, 5, 67));
for (const options of [
  {}, { dateStyle: "full" }, { dateStyle: "long" }, { dateStyle: "medium" }, { dateStyle: "short" }, { timeStyle: "medium" }, { timeStyle: "short" }, { dateStyle: "short", timeStyle: "short" }, { hour: "2-digit", minute: "2-digit", hour12: false },
  { year: "numeric", month: "2-digit", day: "2-digit" }, { month: "long", year: "numeric" }, { weekday: "short", month: "short", day: "numeric" }, { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", timeZoneName: "short" },
]) console.log(JSON.stringify(options), new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" }).format(date));
console.log(new Intl.DateTimeFormat("en-US", { timeZone: "UTC" }).resolvedOptions().timeZone, new Intl.DateTimeFormat("en-US", { timeZone: "UTC" }).formatToParts(date));
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
console.log([[-1, "day"], [0, "day"], [1, "day"], [-3, "hours"], [2, "weeks"], [1, "year"]].map(([n, unit]) => relative.format(n, unit)), new Intl.RelativeTimeFormat("en").format(-1, "day"));
console.log(Intl.getCanonicalLocales("EN-us"), Object.prototype.toString.call(Intl), new Intl.Locale("en-Latn-US").language, new Intl.Locale("en-Latn-US").region);
for (const call of [() => new Intl.NumberFormat("en", { style: "currency" }), () => new Intl.NumberFormat("x_y"), () => new Intl.ListFormat("en", { type: "no" }), () => new Intl.ListFormat("en").format([1]), () => new Intl.DateTimeFormat("en", { timeZone: "No/Where" }), () => relative.format(1, "eon")]) {
  try {
    call();
    console.log("no error");
  } catch (error) {
    console.log(error.name);
  }
}
