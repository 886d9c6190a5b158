// URLs: parts set one by one, and what becomes of odd ones.
const { show } = require("../show.js").web;
const url = new URL("https://user:pa%20ss@example.org:8080/p/a/t/h?query=string#hash");
show("parse", () => [
  URL.parse("a", "http://b/")?.href,
  URL.parse("a"),
  URL.canParse("a", "http://b"),
  URL.canParse("a", undefined),
]);
show("origin", () => ["blob:https://a/x", "file:///a", "ws://h:80/", "foo://a"].map((x) => new URL(x).origin));
show("json", () => JSON.stringify({ u: new URL("http://a/?b") }));
show("this", () => Object.getOwnPropertyDescriptor(URL.prototype, "href").get.call({}));
