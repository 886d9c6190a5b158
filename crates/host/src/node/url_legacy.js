// `parse`, `resolve` and `format` of `node:url`, as they were before the URL standard.
(native, use) => {
  const { fail, invalidType } = use("node/errors");
  const { domainToASCII } = native;
  const querystring = use("node/querystring");

  const SLASHED = new Set(["http:", "https:", "ftp:", "gopher:", "file:", "ws:", "wss:"]);
  const HOSTLESS = "javascript:";
  // Characters that are escaped in what follows the host.
  const ESCAPES = { "\t": "%09", "\n": "%0A", "\r": "%0D", " ": "%20", '"': "%22", "'": "%27", "<": "%3C", ">": "%3E", "\\": "%5C", "^": "%5E", "`": "%60", "{": "%7B", "|": "%7C", "}": "%7D" };

  function Url() {
    Object.assign(this, { protocol: null, slashes: null, auth: null, host: null, port: null, hostname: null, hash: null, search: null, query: null, pathname: null, path: null, href: null });
  }

  // Backslashes before the query are slashes; space around the text counts for nothing.
  function cleaned(text) {
    const trimmed = text.replace(/^[\s\ufeff]+|[\s\ufeff]+$/g, "");
    const end = trimmed.search(/[?#]/);
    return end < 0 ? trimmed.replaceAll("\\", "/") : trimmed.slice(0, end).replaceAll("\\", "/") + trimmed.slice(end);
  }

  Url.prototype.parse = function (text, parsesQuery, slashesMeanHost) {
    if (typeof text !== "string") throw invalidType("url", "of type string", text);
    let rest = cleaned(text);
    if (!slashesMeanHost && !/[#@]/.test(rest)) {
      const simple = /^(\/(?!\/)[^?\s]*)(\?\S*)?$/.exec(rest);
      if (simple) return simply(this, rest, simple, parsesQuery);
    }
    const [protocol] = /^[a-z0-9.+-]+:/i.exec(rest) ?? [];
    const kind = protocol?.toLowerCase();
    if (protocol !== undefined) {
      this.protocol = kind;
      rest = rest.slice(protocol.length);
    }
    let slashes = false;
    if (slashesMeanHost || protocol !== undefined || /^\/\/[^@/]+@[^@/]+/.test(rest)) {
      slashes = rest.startsWith("//");
      if (slashes && !(kind === HOSTLESS)) {
        rest = rest.slice(2);
        this.slashes = true;
      }
    }
    if (kind !== HOSTLESS && (slashes || (protocol !== undefined && !SLASHED.has(kind)))) rest = takeHost(this, rest, text);
    if (kind !== HOSTLESS) rest = rest.replace(/[\t\n\r "'<>\\^`{|}]/g, (letter) => ESCAPES[letter]);
    split(this, rest, kind, parsesQuery);
    return this;
  };

  function simply(url, text, [, pathname, search], parsesQuery) {
    url.path = url.href = text;
    url.pathname = pathname;
    if (search) {
      url.search = search;
      url.query = parsesQuery ? querystring.parse(search.slice(1)) : search.slice(1);
    } else if (parsesQuery) {
      url.search = null;
      url.query = Object.create(null);
    }
    return url;
  }

  function takeHost(url, text, whole) {
    let end = text.search(/[/?#]/);
    if (end < 0) end = text.length;
    const at = text.lastIndexOf("@", end - 1);
    let from = 0;
    if (at >= 0) {
      url.auth = decodeURIComponent(text.slice(0, at));
      from = at + 1;
    }
    const stop = text.slice(from).search(/[\t\n\r "%';<>\\^`{|}/?#]/);
    const hostEnd = stop < 0 ? text.length : from + stop;
    const host = text.slice(from, hostEnd);
    const rest = text.slice(hostEnd);
    const [, port] = /:(\d*)$/.exec(host) ?? [];
    let name = port === undefined ? host : host.slice(0, -port.length - 1);
    if (port) url.port = port;
    const isSix = name.startsWith("[") && name.endsWith("]");
    if (/[\0\t\n\r #%/<>?@\\^|]/.test(name) || (!isSix && /[:[\]]/.test(name))) {
      if (!isSix && name.includes(":")) fail(TypeError, "ERR_INVALID_URL", "Invalid URL", { input: whole });
    }
    name = name.length > 255 ? "" : name.toLowerCase();
    if (!isSix && name !== "") {
      const ascii = /[^\0-\x7f]/.test(name) ? domainToASCII(name) : name;
      if (ascii === "") fail(TypeError, "ERR_INVALID_URL", "Invalid URL", { input: whole });
      name = ascii;
    }
    url.host = name + (port ? `:${port}` : "");
    url.hostname = isSix ? name.slice(1, -1) : name;
    return rest !== "" && rest[0] !== "/" && isSix ? `/${rest}` : rest;
  }

  function split(url, text, kind, parsesQuery) {
    const hash = text.indexOf("#");
    let rest = text;
    if (hash >= 0) {
      url.hash = rest.slice(hash);
      rest = rest.slice(0, hash);
    }
    const question = rest.indexOf("?");
    if (question >= 0) {
      url.search = rest.slice(question);
      url.query = parsesQuery ? querystring.parse(rest.slice(question + 1)) : rest.slice(question + 1);
      rest = rest.slice(0, question);
    } else if (parsesQuery) {
      url.search = null;
      url.query = Object.create(null);
    }
    if (rest !== "") url.pathname = rest;
    if (SLASHED.has(kind) && url.hostname && !url.pathname) url.pathname = "/";
    if (url.host !== null && url.pathname && url.pathname[0] !== "/") url.pathname = `/${url.pathname}`;
    if (url.pathname || url.search) url.path = (url.pathname ?? "") + (url.search ?? "");
    url.href = url.format();
  }

  Url.prototype.format = function () {
    const auth = this.auth ? `${encodeURIComponent(this.auth).replace(/%3A/i, ":").replace(/%21/g, "!").replace(/%27/g, "'").replace(/%28/g, "(").replace(/%29/g, ")").replace(/%2A/g, "*")}@` : "";
    let protocol = this.protocol ?? "";
    let pathname = this.pathname ?? "";
    let hash = this.hash ?? "";
    let host = "";
    if (this.host) host = auth + this.host;
    else if (this.hostname) host = auth + (this.hostname.includes(":") && !this.hostname.startsWith("[") ? `[${this.hostname}]` : this.hostname) + (this.port ? `:${this.port}` : "");
    const query = this.query !== null && typeof this.query === "object" ? querystring.stringify(this.query) : "";
    let search = this.search ?? (query === "" ? "" : `?${query}`);
    if (protocol && !protocol.endsWith(":")) protocol += ":";
    pathname = pathname.replace(/[?#]/g, (letter) => encodeURIComponent(letter));
    if (this.slashes || SLASHED.has(protocol)) {
      if (this.slashes || host) {
        if (pathname && pathname[0] !== "/") pathname = `/${pathname}`;
        host = `//${host}`;
      } else if (protocol === "file:") host = "//";
    }
    search = search.replace(/#/g, "%23");
    if (hash && hash[0] !== "#") hash = `#${hash}`;
    if (search && search[0] !== "?") search = `?${search}`;
    return protocol + host + pathname + search + hash;
  };

  const parse = (url, parsesQuery, slashesMeanHost) => (url instanceof Url ? url : new Url().parse(url, parsesQuery, slashesMeanHost));

  Url.prototype.resolve = function (relative) { return this.resolveObject(parse(relative, false, true)).format(); };

  Url.prototype.resolveObject = function (given) {
    const relative = typeof given === "string" ? parse(given, false, true) : given;
    const result = Object.assign(new Url(), this, { hash: relative.hash });
    if (relative.href === "") {
      result.href = result.format();
      return result;
    }
    if (relative.slashes && !relative.protocol) return finish(Object.assign(new Url(), relative, { protocol: this.protocol }));
    if (relative.protocol && relative.protocol !== this.protocol) return finish(Object.assign(new Url(), relative));
    if (relative.protocol && relative.host) return finish(Object.assign(new Url(), relative));
    if (relative.pathname === null || relative.pathname === "") {
      if (relative.search !== null) [result.search, result.query] = [relative.search, relative.query];
    } else {
      const isAbsolute = relative.pathname[0] === "/";
      const base = (this.pathname ?? "").split("/").slice(0, -1);
      const parts = isAbsolute ? relative.pathname.split("/") : [...(base.length === 0 && this.host ? [""] : base), ...relative.pathname.split("/")];
      result.pathname = dotless(parts, Boolean(this.host) || isAbsolute || this.pathname?.[0] === "/");
      [result.search, result.query] = [relative.search, relative.query];
    }
    return finish(result);
  };

  function dotless(parts, isRooted) {
    const last = parts.at(-1);
    const kept = [];
    let up = 0;
    for (const part of isRooted && parts[0] === "" ? parts.slice(1) : parts) {
      if (part === ".") continue;
      if (part !== "..") kept.push(part);
      else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (!isRooted) {
        kept.push("..");
        up++;
      }
    }
    if (last === "." || last === "..") kept.push("");
    const path = kept.join("/");
    return isRooted ? `/${path}` : path || (up > 0 ? ".." : "");
  }

  function finish(result) {
    if (result.pathname !== null || result.search !== null) result.path = (result.pathname ?? "") + (result.search ?? "");
    result.href = result.format();
    return result;
  }

  const resolve = (from, to) => parse(from, false, true).resolve(to);
  const resolveObject = (from, to) => (from ? parse(from, false, true).resolveObject(to) : to);

  // An object with the parts, or a text.
  function format(value) {
    const url = typeof value === "string" ? parse(value) : value;
    if (typeof url !== "object" || url === null) throw invalidType("urlObject", "one of type object or string", value);
    return url instanceof Url ? url.format() : Url.prototype.format.call(Object.assign(new Url(), url));
  }

  return { Url, parse, resolve, resolveObject, format };
};
