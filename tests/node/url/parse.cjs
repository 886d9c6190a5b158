// `url.parse` and its relatives.
const url = require("node:url");
for (const text of [
  "http://user:pass@host.com:8080/p/a/t/h?query=string#hash", "http://example.com", "HTTP://EXAMPLE.com/A/../b", "/path/only?x=1#h", "path/relative", "?query", "#hash", "", "//host/path", "mailto:a@b.c",
  "javascript:alert('x y')", "file:///etc/passwd", "http://a.com/ space and \"quotes\"", "http://[::1]:80/x", "https://exämple.com/ü", "http://a.com?b=c", "http://a.com:/x", "x:y", "http://a@b@c/", "http:\\\\back\\slash", "  http://trim.me  ", "coap:u@[1080:0:0:0:8:800:200C:417A]:61616/x",
]) {
  const { href, protocol, slashes, auth, host, port, hostname, hash, search, query, pathname, path } = url.parse(text);
  console.log(JSON.stringify([text, href, protocol, slashes, auth, host, port, hostname, hash, search, query, pathname, path]));
}
console.log(url.parse("http://a/?x=1&y=2&x=3", true).query, url.parse("/a", true).query, url.parse("//host/p", false, true).host);
for (const [from, to] of [["/one/two/three", "four"], ["http://example.com/", "/one"], ["http://example.com/one", "/two"], ["http://a.com/b/c/d", "../x"], ["http://a.com/b/c/d", "./x?y#z"], ["http://a.com/b", "//c.com/d"], ["http://a.com/b", "https://c.com/d"], ["http://a.com/b/c", "#h"], ["http://a.com/b/c", "?q"], ["http://a.com/b/c/", ".."], ["a/b", "../../c"], ["http://a.com", "b"], ["/a/b/", "."]]) console.log(from, to, url.resolve(from, to));
for (const parts of [{ protocol: "http", host: "a.com", pathname: "b", search: "c=d" }, { hostname: "::1", port: 80, protocol: "http:" }, { pathname: "/x?y#z", query: { a: [1, 2], b: "c d" }, hash: "h" }, { auth: "u:p@", host: "h", protocol: "ftp" }, {}, { slashes: true, host: "h" }]) console.log(url.format(parts));
console.log(url.format("http://A.com/b c"), url.format(new URL("http://user@ä.com/p?q#h"), { unicode: true, auth: false, fragment: false, search: false }));
for (const bad of [5, undefined, null]) {
  try {
    url.parse(bad);
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
}
console.log(url.parse("http://x/y") instanceof url.Url);
