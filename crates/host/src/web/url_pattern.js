// `URLPattern`, by the URL Pattern standard.
(_, use) => {
  const { dictionary, fail, finish, isObject, text } = use("web/idl");
  const { compile, escapePattern, tokenize } = use("web/url_pattern/parser");
  const { URL } = use("web/url");

  const COMPONENTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
  const DEFAULT = { delimiter: "", prefix: "" };
  const HOSTNAME = { delimiter: ".", prefix: "" };
  const PATHNAME = { delimiter: "/", prefix: "/" };
  const PORTS = { ftp: "21", http: "80", https: "443", ws: "80", wss: "443" };
  const SPECIAL = ["ftp", "file", "http", "https", "ws", "wss"];

  const refuse = (what, value) => {
    throw new TypeError(`"${value}" is no ${what} of a URL`);
  };

  // Sets one part of a URL that is otherwise of no interest, and gives what became of it.
  function through(part, value) {
    const url = new URL("http://dummy.invalid/");
    url[part] = value;
    return url[part];
  }

  // The form that each component has in a URL.
  const canonical = {
    protocol(value) {
      if (value === "") return "";
      const url = URL.parse(`${value}://dummy.invalid/`);
      return url === null ? refuse("protocol", value) : url.protocol.slice(0, -1);
    },
    username: (value) => (value === "" ? "" : through("username", value)),
    password: (value) => (value === "" ? "" : through("password", value)),
    hostname(value) {
      if (value === "") return "";
      if (/[\s#/:<>?@[\\\]^|%]/.test(value.replace(/%[0-9a-f]{2}/gi, "")) && !value.startsWith("[")) return refuse("host name", value);
      const result = through("hostname", value);
      return result === "dummy.invalid" && value !== result ? refuse("host name", value) : result;
    },
    ipv6(value) {
      return /^[0-9a-f[\]:]*$/i.test(value) ? value.toLowerCase() : refuse("host name", value);
    },
    port(value, protocol) {
      if (value === "") return "";
      const digits = /^\d+/.exec(value.replace(/[\t\n\r]/g, ""))?.[0];
      if (digits === undefined || Number(digits) > 65535) return refuse("port", value);
      const port = String(Number(digits));
      return PORTS[protocol] === port ? "" : port;
    },
    pathname(value) {
      if (value === "") return "";
      const hasSlash = value.startsWith("/");
      const url = new URL("http://dummy.invalid/");
      url.pathname = hasSlash ? value : `/-${value}`;
      return hasSlash ? url.pathname : url.pathname.slice(2);
    },
    opaque(value) {
      return value === "" ? "" : (URL.parse(`data:${value.replace(/[?#]/g, encodeURIComponent)}`)?.pathname ?? refuse("path", value));
    },
    search: (value) => (value === "" ? "" : through("search", `?${value}`).slice(1)),
    hash: (value) => (value === "" ? "" : through("hash", `#${value}`).slice(1)),
  };

  const without = (value, end) => (value.endsWith(end) ? value.slice(0, -end.length) : value);
  const after = (value, start) => (value.startsWith(start) ? value.slice(start.length) : value);

  function isAbsolute(path, isPattern) {
    if (path === "") return false;
    return path.startsWith("/") || (isPattern && (path.startsWith("\\/") || path.startsWith("{/")));
  }

  // The components that an input names, what it inherits from a base in its place.
  function process(init, isPattern, initial) {
    const result = { ...initial };
    const inherited = (value) => (isPattern ? escapePattern(value) : value);
    let base;
    if (init.baseURL !== undefined) {
      base = URL.parse(init.baseURL);
      if (base === null) throw new TypeError(`"${init.baseURL}" is no URL`);
      const has = (...names) => names.some((name) => init[name] !== undefined);
      if (!has("protocol")) result.protocol = inherited(base.protocol.slice(0, -1));
      if (!isPattern && !has("protocol", "hostname", "port", "username")) result.username = base.username;
      if (!isPattern && !has("protocol", "hostname", "port", "username", "password")) result.password = base.password;
      if (!has("protocol", "hostname")) result.hostname = inherited(base.hostname);
      if (!has("protocol", "hostname", "port")) result.port = base.port;
      if (!has("protocol", "hostname", "port", "pathname")) result.pathname = inherited(base.pathname);
      if (!has("protocol", "hostname", "port", "pathname", "search")) result.search = inherited(base.search.slice(1));
      if (!has("protocol", "hostname", "port", "pathname", "search", "hash")) result.hash = inherited(base.hash.slice(1));
    }
    const given = (name, convert) => {
      if (init[name] !== undefined) result[name] = convert(init[name]);
    };
    const form = (name) => (value) => (isPattern ? value : canonical[name](value, result.protocol));
    given("protocol", (value) => form("protocol")(without(value, ":")));
    given("username", form("username"));
    given("password", form("password"));
    given("hostname", (value) => (isPattern ? value : value.startsWith("[") ? canonical.ipv6(value) : canonical.hostname(value)));
    given("port", form("port"));
    given("pathname", (value) => {
      let path = value;
      if (base !== undefined && !/^[^/]/.test(base.pathname) && !isAbsolute(path, isPattern)) {
        const slash = inherited(base.pathname).lastIndexOf("/");
        if (slash >= 0) path = inherited(base.pathname).slice(0, slash + 1) + path;
      }
      if (isPattern) return path;
      return result.protocol === undefined || result.protocol === "" || SPECIAL.includes(result.protocol) ? canonical.pathname(path) : canonical.opaque(path);
    });
    given("search", (value) => form("search")(after(value, "?")));
    given("hash", (value) => form("hash")(after(value, "#")));
    return result;
  }

  // Takes the text of a pattern apart where components begin, outside of groups.
  function parseConstructor(input) {
    const tokens = tokenize(input, true);
    const result = {};
    const value = (i) => tokens[i]?.value;
    const isChar = (i, character) => value(i) === character && ["char", "escaped-char", "invalid-char"].includes(tokens[i].type);
    const textOf = (from, to) => Array.from(input).slice(tokens[from].index, tokens[to].index).join("");
    const isSearch = (i) => {
      if (isChar(i, "?")) return true;
      if (value(i) !== "?" || tokens[i].type !== "other-modifier") return false;
      return i === 0 || !["name", "regexp", "close", "asterisk"].includes(tokens[i - 1].type);
    };
    const isAuthority = (i) => isChar(i, "/") && isChar(i + 1, "/");
    let [state, start, at, depth] = ["init", 0, 0, 0];
    let brackets = 0;
    const move = (next, skip) => {
      if (!["init", "authority", "done"].includes(state)) result[state] = textOf(start, at);
      if (state !== "init" && next !== "done") {
        const isBefore = (...states) => states.includes(state);
        if (isBefore("protocol", "authority", "username", "password") && ["port", "pathname", "search", "hash"].includes(next)) result.hostname ??= "";
        if (isBefore("protocol", "authority", "username", "password", "hostname", "port") && ["search", "hash"].includes(next)) result.pathname ??= isSpecial() ? "/" : "";
        if (isBefore("protocol", "authority", "username", "password", "hostname", "port", "pathname") && next === "hash") result.search ??= "";
      }
      state = next;
      at += skip;
      start = at;
    };
    const rewind = (next) => {
      at = start;
      state = next;
    };
    let special;
    const isSpecial = () => {
      if (special === undefined) {
        const { regexp } = compile(result.protocol ?? "", canonical.protocol, DEFAULT);
        special = SPECIAL.some((scheme) => regexp.test(scheme));
      }
      return special;
    };
    for (; at < tokens.length; ) {
      if (tokens[at].type === "end") {
        if (state === "init") {
          rewind("relative");
          if (isChar(at, "#")) move("hash", 1);
          else if (isSearch(at)) move("search", 1);
          else move("pathname", 0);
          continue;
        }
        if (state === "authority") {
          rewind("hostname");
          continue;
        }
        move("done", 0);
        break;
      }
      if (tokens[at].type === "open") {
        depth += 1;
        at += 1;
        continue;
      }
      if (depth > 0) {
        if (tokens[at].type === "close") depth -= 1;
        at += 1;
        continue;
      }
      if (state === "init" && isChar(at, ":")) {
        rewind("protocol");
        continue;
      }
      if (state === "protocol" && isChar(at, ":")) {
        result.protocol = textOf(start, at);
        let [next, skip] = ["pathname", 1];
        if (isAuthority(at + 1)) [next, skip] = ["authority", 3];
        else if (isSpecial()) next = "authority";
        move(next, skip);
        continue;
      }
      if (state === "authority") {
        if (isChar(at, "@")) {
          rewind("username");
          continue;
        }
        if (isChar(at, "/") || isSearch(at) || isChar(at, "#")) {
          rewind("hostname");
          continue;
        }
      } else if (state === "username" && (isChar(at, ":") || isChar(at, "@"))) {
        move(isChar(at, ":") ? "password" : "hostname", 1);
        continue;
      } else if (state === "password" && isChar(at, "@")) {
        move("hostname", 1);
        continue;
      } else if (state === "hostname") {
        if (isChar(at, "[")) brackets += 1;
        else if (isChar(at, "]")) brackets -= 1;
        else if (isChar(at, ":") && brackets === 0) {
          move("port", 1);
          continue;
        }
      }
      const ends = ["hostname", "port", "pathname", "search"].indexOf(state);
      if (ends >= 0 && ends < 2 && isChar(at, "/")) move("pathname", 0);
      else if (ends >= 0 && ends < 3 && isSearch(at)) move("search", 1);
      else if (ends >= 0 && isChar(at, "#")) move("hash", 1);
      else at += 1;
    }
    if (result.hostname !== undefined && result.port === undefined) result.port = "";
    return result;
  }

  // The members of an input that is an object.
  function initOf(value) {
    const given = dictionary(value, "the input");
    const result = {};
    for (const name of ["baseURL", ...COMPONENTS].sort()) if (given[name] !== undefined) result[name] = text(given[name]);
    return result;
  }

  class URLPattern {
    #components;

    constructor(input = undefined, baseOrOptions = undefined, options = undefined) {
      const hasBase = typeof baseOrOptions === "string" || arguments.length > 2;
      const base = hasBase ? text(baseOrOptions) : undefined;
      const { ignoreCase } = dictionary(hasBase ? options : baseOrOptions);
      this.#components = build(input ?? {}, base, Boolean(ignoreCase));
    }

    static {
      for (const name of COMPONENTS) {
        const accessor = { get [name]() { return this.#components[name].pattern; } };
        Object.defineProperty(URLPattern.prototype, name, { ...Object.getOwnPropertyDescriptor(accessor, name), configurable: true });
      }
    }

    get hasRegExpGroups() {
      const components = this.#components;
      return COMPONENTS.some((name) => components[name].hasRegExpGroups);
    }

    test(input = undefined, baseURL = undefined) {
      return match(this.#components, input, baseURL) !== null;
    }

    exec(input = undefined, baseURL = undefined) {
      return match(this.#components, input, baseURL);
    }
  }
  finish(URLPattern, { shown: [...COMPONENTS] });

  function build(input, base, ignoreCase) {
    let init;
    if (isObject(input)) {
      if (base !== undefined) throw fail(TypeError, "a base goes with the text of a pattern only", "ERR_INVALID_ARG_VALUE");
      init = initOf(input);
    } else {
      init = parseConstructor(text(input));
      if (base === undefined && init.protocol === undefined) throw new TypeError(`the pattern "${input}" needs a base`);
      if (base !== undefined) init.baseURL = base;
    }
    const all = { ...Object.fromEntries(COMPONENTS.map((name) => [name, "*"])), ...process(init, true, {}) };
    if (PORTS[all.protocol] !== undefined && all.port === PORTS[all.protocol]) all.port = "";
    const result = {};
    for (const name of ["protocol", "username", "password", "port"]) result[name] = compile(all[name], name === "port" ? (value) => canonical.port(value) : canonical[name], DEFAULT);
    const isAddress = all.hostname.startsWith("[") || all.hostname.startsWith("{[") || all.hostname.startsWith("\\[");
    result.hostname = compile(all.hostname, isAddress ? canonical.ipv6 : canonical.hostname, HOSTNAME);
    const isSpecial = SPECIAL.some((scheme) => result.protocol.regexp.test(scheme));
    result.pathname = isSpecial ? compile(all.pathname, canonical.pathname, { ...PATHNAME, ignoreCase }) : compile(all.pathname, canonical.opaque, { ...DEFAULT, ignoreCase });
    for (const name of ["search", "hash"]) result[name] = compile(all[name], canonical[name], { ...DEFAULT, ignoreCase });
    return result;
  }

  // The components of what is matched; nothing where it is no URL.
  function valuesOf(input, baseURL) {
    const empty = Object.fromEntries(COMPONENTS.map((name) => [name, ""]));
    if (isObject(input)) {
      if (baseURL !== undefined) throw fail(TypeError, "a base goes with a URL as text only", "ERR_INVALID_ARG_VALUE");
      try {
        return process(initOf(input), false, empty);
      } catch {
        return null;
      }
    }
    const url = URL.parse(text(input), baseURL === undefined ? undefined : text(baseURL));
    if (url === null) return null;
    const { protocol, username, password, hostname, port, pathname, search, hash } = url;
    return { protocol: protocol.slice(0, -1), username, password, hostname, port, pathname, search: search.slice(1), hash: hash.slice(1) };
  }

  function match(components, input = {}, baseURL = undefined) {
    const values = valuesOf(input, baseURL);
    if (values === null) return null;
    const result = { inputs: baseURL === undefined ? [input] : [input, baseURL] };
    for (const name of COMPONENTS) {
      const { regexp, names } = components[name];
      const found = regexp.exec(values[name]);
      if (found === null) return null;
      result[name] = { input: values[name], groups: Object.fromEntries(names.map((group, i) => [group, found[i + 1]])) };
    }
    return result;
  }

  return { URLPattern };
};
