// URLPattern: parts, groups, wildcards, errors.
import shown from "../show.js";
const { show } = shown.web;
const book = new URLPattern({ pathname: "/books/:id(\\d+)/:rest*" });
const whole = new URLPattern("https://*.example.com:8080/a/*?q=:v#:h");
const based = new URLPattern("../c/:x", "https://h/a/b/");
show("bad group", () => new URLPattern({ pathname: "/:a/:a" }));
show("no base", () => new URLPattern("/a"));
show("test bad", () => book.test("not a url"));
show("all", () => {
  const p = new URLPattern();
  return [p.pathname, p.protocol, p.test("foo:bar")];
});
