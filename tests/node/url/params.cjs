// URLSearchParams: how they are made, changed, printed.
const { show } = require("../show.js").web;
for (const init of [
  "?a=1&a=2&b",
  "a=+%20%2B&c=%zz&=x&&",
  { x: 1, y: undefined },
  [
    ["k", "v"],
    ["k", "w"],
  ],
  new Map([["m", "1"]]),
  new URLSearchParams("z=1"),
  undefined,
  null,
  5,
  "\ud800=é",
])
  show(typeof init, () => String(new URLSearchParams(init)));
show("bad pair", () => new URLSearchParams([["a"]]));
show("bad list", () => new URLSearchParams([1]));
show("bad iterator", () => new URLSearchParams({ [Symbol.iterator]: 5 }));
show("symbol", () => new URLSearchParams("a").get(Symbol("x")));
const params = new URLSearchParams("b=2&a=1&b=3&c=");
show("get", () => [
  params.get("b"),
  params.getAll("b"),
  params.get("none"),
  params.has("b", "3"),
  params.has("b", "9"),
  params.has("c", undefined),
  params.size,
]);
show("no argument", () => params.get());
params.append("d", "ö &=+");
params.set("b", "only");
params.delete("a", "nope");
params.delete("c", undefined);
params.sort();
params.forEach(
  function (value, name, all) {
    console.log(name, value, all === params, this.t);
  },
  { t: 1 },
);
const url = new URL("http://a/?x=1#h");
url.searchParams.append("y", "2 3");
url.search = "?q=%41";
url.searchParams.delete("q");
