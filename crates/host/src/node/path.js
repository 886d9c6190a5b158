// Paths as POSIX has them.
(native, use) => {
  const sep = "/";
  const delimiter = ":";

  function checked(path, name = "path") {
    if (typeof path !== "string") throw use("node/errors").invalidType(name, "of type string", path);
    return path;
  }

  const isAbsolute = (path) => checked(path).startsWith("/");

  // The names of a path with "." and ".." worked off; what goes above the start stays, unless it is the root.
  function names(path) {
    const kept = [];
    for (const name of path.split("/")) {
      if (name === "" || name === ".") continue;
      if (name !== "..") kept.push(name);
      else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (!path.startsWith("/")) kept.push(name);
    }
    return kept;
  }

  function normalize(path) {
    const root = isAbsolute(path) ? "/" : "";
    const body = names(path).join("/");
    if (body === "") return root || (path.endsWith("/") ? "./" : ".");
    return root + body + (path.endsWith("/") ? "/" : "");
  }

  function join(...parts) {
    const given = parts.filter((part) => checked(part) !== "");
    return given.length === 0 ? "." : normalize(given.join("/"));
  }

  function resolve(...parts) {
    let path = "";
    for (let i = parts.length - 1; i >= 0 && !path.startsWith("/"); i--) {
      if (checked(parts[i], `paths[${i}]`) !== "") path = path === "" ? parts[i] : `${parts[i]}/${path}`;
    }
    if (!path.startsWith("/")) path = `${process.cwd()}/${path}`;
    return `/${names(path).join("/")}`;
  }

  function relative(from, to) {
    const start = names(resolve(checked(from, "from")));
    const end = names(resolve(checked(to, "to")));
    let common = 0;
    while (common < start.length && common < end.length && start[common] === end[common]) common++;
    return [...start.slice(common).fill(".."), ...end.slice(common)].join("/");
  }

  const withoutEnd = (path) => {
    let end = path.length;
    while (end > 1 && path[end - 1] === "/") end--;
    return path.slice(0, end);
  };

  function dirname(path) {
    const body = withoutEnd(checked(path));
    const at = body.lastIndexOf("/");
    if (at === 1 && body[0] === "/") return "//";
    return at < 0 ? "." : body.slice(0, at) || "/";
  }

  function basename(path, suffix = "") {
    checked(suffix, "suffix");
    if (suffix !== "" && path === suffix) return "";
    const body = withoutEnd(checked(path));
    const name = body.slice(body.lastIndexOf("/") + 1);
    return name.endsWith(suffix) && name !== suffix ? name.slice(0, name.length - suffix.length) : name;
  }

  function extname(path) {
    const name = basename(path);
    const at = name.lastIndexOf(".");
    return at <= 0 || name === ".." ? "" : name.slice(at);
  }

  function parse(path) {
    const root = isAbsolute(path) ? "/" : "";
    const base = basename(path);
    const ext = extname(path);
    const parent = dirname(path);
    const dir = parent === "." && !withoutEnd(path).includes("/") ? "" : parent;
    return { root, dir, base, ext, name: base.slice(0, base.length - ext.length) };
  }

  function format(parts) {
    if (parts === null || typeof parts !== "object") throw use("node/errors").invalidType("pathObject", "of type object", parts);
    const { root = "", dir, base, name = "", ext = "" } = parts;
    const file = base || name + (ext === "" || ext.startsWith(".") ? ext : `.${ext}`);
    const parent = dir || root;
    if (!parent) return file;
    return parent === root ? parent + file : `${parent}/${file}`;
  }

  const path = { basename, delimiter, dirname, extname, format, isAbsolute, join, normalize, parse, relative, resolve, sep };

  // A pattern as a regular expression: `*`, `?`, `[...]` and `{a,b}` stay within a name, `**` is any number of names,
  // none of which begins with a dot.
  function expressionOf(pattern) {
    const some = (text) => (text === "" ? "" : `(?!\\.)${text}`);
    const inName = (name) => name.replace(/[.+^$()|\\]/g, "\\$&").replace(/\*+/g, "[^/]*").replace(/\?/g, "[^/]").replace(/\[!/g, "[^").replace(/\{([^{}]*,[^{}]*)\}/g, (_, parts) => `(?:${parts.replaceAll(",", "|")})`);
    const names = pattern.split("/").map((name) => (name === "**" ? name : /^[*?[]/.test(name) ? some(inName(name)) : inName(name)));
    const ANY = "(?:(?!\\.)[^/]+/)*";
    let text = "";
    names.forEach((name, i) => {
      if (name === "**") text += i === names.length - 1 ? `${ANY}(?!\\.)[^/]*` : ANY;
      else text += name + (i === names.length - 1 ? "" : "/");
    });
    return new RegExp(`^${text}$`, "u");
  }

  function matchesGlob(path, pattern) {
    checked(path);
    checked(pattern, "pattern");
    return expressionOf(pattern).test(path);
  }

  const toNamespacedPath = (given) => given;
  Object.assign(path, { _makeLong: toNamespacedPath, matchesGlob, toNamespacedPath });
  path.posix = path;
  // As data, once it is asked for.
  Object.defineProperty(path, "win32", {
    get() {
      const value = use("node/path_win32");
      Object.defineProperty(path, "win32", { value, writable: true, enumerable: true, configurable: true });
      return value;
    },
    enumerable: true,
    configurable: true,
  });
  return path;
};
