// URLSearchParams: how they are made, changed, printed.
const { show } = require("../show.js").web;
const params = new URLSearchParams("b=2&a=1&b=3&c=");
show("append one", () => params.append("x"));
params.append("d", "ö &=+");
params.set("b", "only");
params.delete("a", "nope");
params.delete("c", undefined);
params.sort();
console.log(params, params.toString(), [...params.keys()], params.values(), params.entries());
console.log(require("util").inspect(params, { depth: 0 }), require("util").inspect(new URLSearchParams()), [params]);
params.forEach(
  function (value, name, all) {
    console.log(name, value, all === params, this.t);
  },
  { t: 1 },
);
show("forEach bad", () => params.forEach(5));
const url = new URL("http://a/?x=1#h");
url.searchParams.append("y", "2 3");
console.log(url.href, url.searchParams === url.searchParams);
url.search = "?q=%41";
console.log(url.searchParams.get("q"), url.searchParams.toString(), url.href);
url.searchParams.delete("q");
console.log(url.href, Object.prototype.toString.call(params.entries()), params.entries().next());
