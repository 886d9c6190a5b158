(native, use) => {
  const { domainToASCII, domainToUnicode, fileUrl } = native;
  const { URL, URLSearchParams } = use("web/url");
  function fileURLToPath(value) {
    const { protocol, host, pathname } = new URL(value);
    if (protocol !== "file:") throw new TypeError(`not a file URL: ${value}`);
    if (host !== "") throw new TypeError(`a file URL must not name a host: ${value}`);
    return decodeURIComponent(pathname);
  }

  function pathToFileURL(path) {
    const url = fileUrl(String(path).toWellFormed());
    if (url === undefined) throw new TypeError(`not an absolute path: ${path}`);
    return new URL(url);
  }

  function urlToHttpOptions(url) {
    const { protocol, hostname, hash, search, pathname, href, port, username, password } = url;
    const options = { protocol, hostname, hash, search, pathname, path: pathname + search, href };
    if (port !== "") options.port = Number(port);
    if (username !== "" || password !== "") options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return options;
  }

  function format(url, { auth = true, fragment = true, search = true, unicode = false } = {}) {
    const { protocol, username, password, hostname, port, pathname } = url;
    const user = auth && username !== "" ? `${username}${password === "" ? "" : `:${password}`}@` : "";
    const host = (unicode ? domainToUnicode(hostname) : hostname) + (port === "" ? "" : `:${port}`);
    return `${protocol}//${user}${host}${pathname}${search ? url.search : ""}${fragment ? url.hash : ""}`;
  }

  return { URL, URLSearchParams, domainToASCII, domainToUnicode, fileURLToPath, format, pathToFileURL, urlToHttpOptions };
};
