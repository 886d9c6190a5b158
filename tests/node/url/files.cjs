// Paths and file URLs; options of requests; domains.
const url = require("node:url");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
for (const path of ["/a/b", "/a b/ü", "/a%b", "/a#b?c", "/a\\b", "/tab\tnew\nline", "/"]) console.log(url.pathToFileURL(path).href, url.fileURLToPath(url.pathToFileURL(path)) === path);
show(() => url.fileURLToPath("file:///a%20b"));
show(() => url.fileURLToPath("http://a/b"));
show(() => url.fileURLToPath("file://host/b"));
show(() => url.fileURLToPath("file:///a%2fb"));
show(() => url.fileURLToPath(5));
show(() => url.fileURLToPath("not a url"));
show(() => url.pathToFileURL(5));
console.log(url.pathToFileURL("relative").href.startsWith("file:///"));
console.log({ ...url.urlToHttpOptions(new URL("https://a:b%20c@x.com:8443/p?q=1#h")) });
console.log(url.domainToASCII("español.com"), url.domainToASCII("xn--iñvalid.com"), url.domainToUnicode("xn--espaol-zwa.com"));
console.log(new URL("http://x/?a=1&a=2").searchParams.getAll("a"), URL.canParse("x"), URL.canParse("/y", "http://z"));
show(() => new URL("nope"));
const params = new URLSearchParams({ b: "2", a: "1 +" });
params.append("c", "é&");
params.sort();
console.log(params.toString(), params.size, [...params]);
