// URLs: parts set one by one, and what becomes of odd ones.
const { show } = require("../show.js").web;
const url = new URL("https://user:pa%20ss@example.org:8080/p/a/t/h?query=string#hash");
console.log(url);
console.log(Object.keys(URL.prototype).join());
for (const [key, value] of [
  ["protocol", "http"],
  ["protocol", "foo:"],
  ["host", "a.b:99"],
  ["hostname", "ö.x"],
  ["hostname", ""],
  ["port", "70000"],
  ["port", "80"],
  ["port", "12ab"],
  ["pathname", "a b/../c?d"],
  ["search", "?x=é#"],
  ["search", ""],
  ["hash", "#a b"],
  ["username", "u:@/"],
  ["password", ""],
  ["href", "http://z/"],
]) {
  url[key] = value;
  console.log(key, value, url.href);
}
show("bad", () => new URL("nope"));
show("bad base", () => new URL("a", "b"));
show("bad port", () => new URL("http://a:99999"));
