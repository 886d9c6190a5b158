// URLPattern: parts, groups, wildcards, errors.
import shown from "../show.js";
const { show } = shown.web;
const book = new URLPattern({ pathname: "/books/:id(\\d+)/:rest*" });
show("test", () => [
  book.test({ pathname: "/books/12" }),
  book.test({ pathname: "/books/x" }),
  book.test("https://a/books/1/b/c"),
]);
show("groups", () => JSON.stringify(book.exec("https://a.b/books/12/x/y?q#h").pathname));
show("null", () => book.exec("https://a/none"));
const whole = new URLPattern("https://*.example.com:8080/a/*?q=:v#:h");
show("parts", () => [
  whole.protocol,
  whole.hostname,
  whole.port,
  whole.pathname,
  whole.search,
  whole.hash,
  whole.username,
  whole.password,
]);
show("host", () => whole.exec("https://x.example.com:8080/a/b/c?q=1#z")?.hostname.groups[0]);
show("search", () => whole.exec("https://x.example.com:8080/a/b/c?q=1#z")?.search.groups.v);
const based = new URLPattern("../c/:x", "https://h/a/b/");
