// What programs do with URLs every day.
import { fileURLToPath, pathToFileURL, format, urlToHttpOptions } from "node:url";
const url = new URL("/search?q=a b&lang=de#top", "https://user:pw@example.com:8443/base/");
console.log(url.href, url.host, url.pathname, url.search, url.hash, url.username, url.origin);
url.searchParams.set("q", "ü&ö");
url.searchParams.append("page", 2);
url.pathname = "/a b/é";
url.port = "443";
url.hash = "";
console.log(url.href, [...url.searchParams], url.searchParams.get("q"), String(url), JSON.stringify([url]));
console.log(
  fileURLToPath("file:///tmp/a%20b"),
  pathToFileURL("/tmp/ä ?#").href,
  fileURLToPath(new URL("./x", "file:///a/b/c")),
);
console.log(
  new URL("../up", "http://h/a/b/c").href,
  new URL("?x", "http://h/a#b").href,
  new URL("//other/p", "https://h").href,
  new URL("data:,x").pathname,
);
console.log(
  URL.canParse("nope"),
  URL.canParse("/x", "http://h"),
  URL.parse("x:y")?.protocol,
  format(url, { search: false, auth: false }),
  urlToHttpOptions(url).path,
);
console.log(
  new URLSearchParams({ a: 1, b: [2, 3] }).toString(),
  new URLSearchParams("a=1&a=2").getAll("a"),
  Object.fromEntries(new URLSearchParams("x=1&y=%20")),
);
