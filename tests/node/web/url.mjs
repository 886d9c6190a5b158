// `URL` and `URLSearchParams`.
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code);
  }
};
for (const text of ["http://user:pw@EXAMPLE.com:80/a/../b?q#h", "https://ä.com/ü?ö#ß", "file:///a/b", "data:text/plain,x", "blob:http://a/b", "http://1.2/", "http://[::1]:8080/", "javascript:x", "mailto:a@b"]) {
  const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = new URL(text);
  console.log([href, origin, protocol, username, password, host, hostname, port, pathname, search, hash].join(" | "));
}
console.log(new URL("../x?y", "http://a/b/c/d").href, new URL("//h/p", "https://a").href, URL.parse("nope"), URL.parse("http://a")?.href, URL.canParse("a:"));
for (const bad of ["", "http://", "http://a b", "//x", "http://a:99999", "http://[::1"]) show(() => new URL(bad));
show(() => new URL());
const url = new URL("http://a/b");
url.protocol = "https";
url.host = "c:81";
url.pathname = "x y";
url.search = "a=1";
url.hash = "h";
url.username = "u:";
url.password = "p@";
url.port = "443";
console.log(url.href, String(url), JSON.stringify(url), url);
url.searchParams.append("b", "2 3");
console.log(url.search, url.searchParams.toString());
const params = new URLSearchParams("?a=1&b=2&a=3&c");
console.log(params.get("a"), params.getAll("a"), params.has("c"), params.has("a", "3"), params.get("x"), params.size);
params.set("a", "9");
params.delete("b");
params.append("é", "&=");
params.sort();
console.log(params.toString(), [...params.keys()], [...params.values()], params);
console.log(String(new URLSearchParams([["a", "b"], ["c", "d"]])), String(new URLSearchParams({ x: 1 })), String(new URLSearchParams(new Map([["k", "v"]]))));
show(() => new URLSearchParams([["a"]]));
show(() => params.get());
