// The old functions: parse, format, resolve.
const url = require("url");
const { show } = require("../show.js");
show("format bad", () => url.format(5));
show("files", () => [
  url.pathToFileURL("/a b#c?d%é").href,
  url.fileURLToPath("file:///a%20b%25"),
  url.fileURLToPath(new URL("file://localhost/x")),
]);
show("files bad", () => url.fileURLToPath("http://a"));
show("files slash", () => url.fileURLToPath("file:///a%2fb"));
show("files host", () => url.fileURLToPath("file://host/a"));
show("domains", () => [
  url.domainToASCII("ö.x"),
  url.domainToUnicode("xn--nda.x"),
  url.domainToASCII("a b"),
  url.domainToUnicode("xn--iñvalid.com"),
]);
show("options", () => url.urlToHttpOptions(new URL("https://u%20:p@a.b:8/x?y#z")));
