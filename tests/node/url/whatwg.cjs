// URLs: parts set one by one, and what becomes of odd ones.
const { show } = require("../show.js");
const url = new URL("https://user:pa%20ss@example.org:8080/p/a/t/h?query=string#hash");
console.log(url);
console.log(Object.keys(URL.prototype).join());
for (const [key, value] of [["protocol", "http"], ["protocol", "foo:"], ["host", "a.b:99"], ["hostname", "ö.x"], ["hostname", ""], ["port", "70000"], ["port", "80"], ["port", "12ab"], ["pathname", "a b/../c?d"], ["search", "?x=é#"], ["search", ""], ["hash", "#a b"], ["username", "u:@/"], ["password", ""], ["href", "http://z/"]]) { url[key] = value; console.log(key, value, url.href); }
show("bad", () => new URL("nope"));
show("bad base", () => new URL("a", "b"));
show("bad port", () => new URL("http://a:99999"));
show("set href", () => { url.href = "x"; });
show("none", () => new URL());
show("relative", () => [new URL("../c?d#e", "http://a/b/x/y").href, new URL("//h/p", "https://a").href, new URL("?q", "file:///a/b").href, new URL("", "http://a/b?c#d").href]);
show("special", () => [new URL("file:///C|/a/../..").href, new URL("data:text/plain,a b#c d").href, new URL("mailto:a@b").pathname, new URL("javascript:1 +1").href, new URL("http:\\\\a\\b").href, new URL("HTTP://EXAMPLE.org:80/%7Efoo/%2e%2E/b").href]);
show("hosts", () => ["http://0x7f.1/", "http://[::ffff:1.2.3.4]/", "http://１.２.３.４", "http://ß.de", "http://a%41.b/", "http://xn--n3h.x/"].map((x) => new URL(x).host));
show("hosts bad", () => ["http://a b/", "http://[::g]/", "http://1.2.3.256/", "http://a^b", "http://%zz/", "http://"].map((x) => URL.canParse(x)));
show("parse", () => [URL.parse("a", "http://b/")?.href, URL.parse("a"), URL.canParse("a", "http://b"), URL.canParse("a", undefined)]);
show("origin", () => ["blob:https://a/x", "file:///a", "ws://h:80/", "foo://a"].map((x) => new URL(x).origin));
show("json", () => JSON.stringify({ u: new URL("http://a/?b") }));
show("this", () => Object.getOwnPropertyDescriptor(URL.prototype, "href").get.call({}));
