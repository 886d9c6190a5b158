(native, use) => {
  const { domainToASCII, domainToUnicode, fileUrl } = native;
  const { URL, URLSearchParams } = use("web/url");
  const { fail, invalidType } = use("node/errors");

  const isURL = (value) => typeof value === "object" && value !== null && typeof value.href === "string" && typeof value.protocol === "string" && value.auth === undefined;

  function fileURLToPath(value) {
    if (typeof value !== "string" && !isURL(value)) throw invalidType("path", "of type string or an instance of URL", value);
    const { protocol, hostname, pathname } = typeof value === "string" ? new URL(value) : value;
    if (protocol !== "file:") fail(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
    if (hostname !== "") fail(TypeError, "ERR_INVALID_FILE_URL_HOST", `File URL host must be "localhost" or empty on ${process.platform}`);
    if (/%2f/i.test(pathname)) fail(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters", { input: value });
    return decodeURIComponent(pathname);
  }

  function pathToFileURL(path) {
    if (typeof path !== "string") throw invalidType("path", "of type string", path);
    const full = use("node/path").resolve(path) + (path.length > 1 && path.endsWith("/") ? "/" : "");
    return new URL(fileUrl(full.toWellFormed()));
  }

  function urlToHttpOptions(url) {
    const { protocol, hostname, hash, search, pathname, href, port, username, password } = url;
    const options = { protocol, hostname, hash, search, pathname, path: pathname + search, href };
    if (port !== "") options.port = Number(port);
    if (username !== "" || password !== "") options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return options;
  }

  // The functions from before the URL standard come with a script of their own.
  const legacy = (name) => Object.defineProperty((...args) => use("node/url_legacy")[name](...args), "name", { value: name, configurable: true });

  function format(url, options) {
    return url instanceof URL ? formatURL(url, options ?? {}) : use("node/url_legacy").format(url);
  }

  function formatURL(url, { auth = true, fragment = true, search = true, unicode = false } = {}) {
    const { protocol, username, password, hostname, port, pathname } = url;
    const user = auth && username !== "" ? `${username}${password === "" ? "" : `:${password}`}@` : "";
    const host = (unicode ? domainToUnicode(hostname) : hostname) + (port === "" ? "" : `:${port}`);
    return `${protocol}//${user}${host}${pathname}${search ? url.search : ""}${fragment ? url.hash : ""}`;
  }

  const parse = legacy("parse");
  const resolve = legacy("resolve");
  const resolveObject = legacy("resolveObject");
  const old = {
    get Url() { return use("node/url_legacy").Url; },
    get URLPattern() { return globalThis.URLPattern; },
  };
  const fileURLToPathBuffer = (url) => Buffer.from(fileURLToPath(url));
  return Object.defineProperties({ URL, URLSearchParams, domainToASCII, domainToUnicode, fileURLToPath, fileURLToPathBuffer, format, pathToFileURL, parse, resolve, resolveObject, urlToHttpOptions }, Object.getOwnPropertyDescriptors(old));
};
