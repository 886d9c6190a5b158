// The old functions: parse, format, resolve.
const url = require("url");
const { show } = require("../show.js");
for (const text of [
  "http://user:pass@host.com:80/p/a?q=1&r#h",
  "//host/path",
  "/a?b=c",
  "mailto:a@b.c",
  "javascript:alert('x')",
  "HTTP://EXAMPLE.com/A b",
  "http://a@b@c/",
  "x:1",
  "",
  " http://trim/ ",
  "http://ö.com/é",
  "file:///a/b",
  "http://h?q",
  "http://h#f?x",
  "a/b/../c",
  "http://a.com\\b\\c",
  "coap:u:p@[::1]:61616/.well-known/r?n=t#c",
]) {
  const { href, protocol, host, auth, port, pathname, search, query, hash } = url.parse(text);
  console.log(JSON.stringify([text, href, protocol, host, auth, port, pathname, search, query, hash]));
}
console.log(url.parse("/a?b=c&b=d", true).query, url.parse("//h/p", false, true).host, url.parse("/a?", true).search);
show("parse bad", () => url.parse(5));
show("parse none", () => url.parse());
show("parse port", () => url.parse("http://a:b/"));
for (const [from, to] of [
  ["/one/two/three", "four"],
  ["http://e.com/", "/one"],
  ["http://e.com/one", "/two"],
  ["http://a/b/c/d;p?q", "../g?y#s"],
  ["http://a/b", "//c/d"],
  ["http://a/b?x", "?y"],
  ["http://a/b", "#f"],
  ["mailto:a@b", "c"],
  ["http://a", "https:b"],
  ["", "x"],
  ["/a/b/", "../../../c"],
])
  console.log(from, to, url.resolve(from, to));
for (const parts of [
  { protocol: "http", host: "a:8", pathname: "b c", search: "x#" },
  { hostname: "h", port: 5, query: { a: [1, 2], b: "ü" } },
  { slashes: true, pathname: "/p" },
  { protocol: "mailto", auth: "a", host: "b" },
  { auth: "u:p@", hostname: "::1" },
  { pathname: "?#" },
  { hash: "h" },
  "http://X/ y",
])
  show("format", () => url.format(parts));
show("format url", () =>
  url.format(new URL("http://u:p@ö.x/a?b#c"), { auth: false, fragment: false, search: false, unicode: true }),
);
