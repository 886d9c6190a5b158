// URLPattern: parts, groups, wildcards, errors.
import shown from "../show.js";
const { show } = shown.web;
const book = new URLPattern({ pathname: "/books/:id(\\d+)/:rest*" });
const whole = new URLPattern("https://*.example.com:8080/a/*?q=:v#:h");
const based = new URLPattern("../c/:x", "https://h/a/b/");
show("base", () => [based.pathname, based.test("https://h/a/c/1"), based.test("https://i/a/c/1")]);
show("optional", () => {
  const p = new URLPattern({ pathname: "/a{/:b}?" });
  return [
    p.test({ pathname: "/a" }),
    p.exec({ pathname: "/a/c" }).pathname.groups.b,
    p.exec({ pathname: "/a" }).pathname.groups.b,
  ];
});
show("plus", () => new URLPattern({ pathname: "/:a+" }).exec({ pathname: "/x/y" }).pathname.groups.a);
show("case", () => [
  new URLPattern({ pathname: "/A" }, { ignoreCase: true }).test({ pathname: "/a" }),
  new URLPattern({ pathname: "/A" }).test({ pathname: "/a" }),
]);
show("regexp", () => [book.hasRegExpGroups, based.hasRegExpGroups]);
show("bad", () => new URLPattern({ pathname: "/(" }));
