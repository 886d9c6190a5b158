// Searches: order, repeated names, encodings, iteration while it changes.
const p = new URLSearchParams("b=2&a=1&b=3&%E4=%F6&c");
console.log([...p], p.size, p.toString(), p.has("c"), p.get("c"), p.getAll("b"));
p.append("a", "4");
p.set("b", "only");
p.delete("c");
console.log(p.toString());
p.sort();
console.log(p.toString());
for (const [name] of p) if (name === "a") p.delete("a");
console.log([...p.keys()]);
console.log(
  new URLSearchParams([
    ["x", "1"],
    ["x", "2"],
  ]).toString(),
  new URLSearchParams({ q: "ü +&=" }).toString(),
  new URLSearchParams("?+a+=%20").toString(),
  new URLSearchParams("a=b=c&=d&&e").toString(),
);
const u = new URL("http://h/?z=1");
u.searchParams.append("y", "2");
u.search += "&w=3";
console.log(u.href, [...u.searchParams.keys()]);
u.searchParams.sort();
console.log(u.search);
console.log(
  [..."a=1;b=2".split(";")].map((s) => [...new URLSearchParams(s)][0]),
  Object.fromEntries(new URLSearchParams("a=1&a=2")),
  new URLSearchParams("x=%zz%41").get("x"),
  new URLSearchParams(new URLSearchParams("k=v")).get("k"),
);
p.forEach((value, name) => console.log(name, value));
console.log(p + "", `${new URLSearchParams()}`, new URLSearchParams("").size);
