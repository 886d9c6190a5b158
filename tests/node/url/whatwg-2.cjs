// URLs: parts set one by one, and what becomes of odd ones.
const { show } = require("../show.js").web;
const url = new URL("https://user:pa%20ss@example.org:8080/p/a/t/h?query=string#hash");
show("set href", () => {
  url.href = "x";
});
show("none", () => new URL());
show("relative", () => [
  new URL("../c?d#e", "http://a/b/x/y").href,
  new URL("//h/p", "https://a").href,
  new URL("?q", "file:///a/b").href,
  new URL("", "http://a/b?c#d").href,
]);
show("special", () => [
  new URL("file:///C|/a/../..").href,
  new URL("data:text/plain,a b#c d").href,
  new URL("mailto:a@b").pathname,
  new URL("javascript:1 +1").href,
  new URL("http:\\\\a\\b").href,
  new URL("HTTP://EXAMPLE.org:80/%7Efoo/%2e%2E/b").href,
]);
show("hosts", () =>
  [
    "http://0x7f.1/",
    "http://[::ffff:1.2.3.4]/",
    "http://１.２.３.４",
    "http://ß.de",
    "http://a%41.b/",
    "http://xn--n3h.x/",
  ].map((x) => new URL(x).host),
);
show("hosts bad", () =>
  ["http://a b/", "http://[::g]/", "http://1.2.3.256/", "http://a^b", "http://%zz/", "http://"].map((x) =>
    URL.canParse(x),
  ),
);
