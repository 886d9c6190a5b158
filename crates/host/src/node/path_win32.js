// Paths as Windows has them: drives, shares and devices, two separators.
(native, use) => {
  const { matchesGlob } = use("node/path");
  const { invalidType } = use("node/errors");
  const sep = "\\";

  const isSep = (char) => char === "/" || char === "\\";
  const hasDrive = (path) => /^[a-z]:/i.test(path);
  const RESERVED = /^(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])$/i;

  function checked(path, name = "path") {
    if (typeof path !== "string") throw invalidType(name, "of type string", path);
    return path;
  }

  // What a path begins with: `\\server\share`, `\\.` or `\\?` of a device, `C:`, or none of these; where the rest
  // begins, and whether it says where it begins itself.
  function rootOf(path) {
    if (isSep(path[0])) {
      const share = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/.exec(path);
      if (share === null) return { device: undefined, end: 1, absolute: true };
      const [all, server, name] = share;
      if (server === "." || server === "?") return { device: `\\\\${server}`, end: 4, absolute: true };
      return { device: `\\\\${server}\\${name}`, end: all.length, absolute: true, share: true };
    }
    if (!hasDrive(path)) return { device: undefined, end: 0, absolute: false };
    const absolute = isSep(path[2]);
    return { device: path.slice(0, 2), end: absolute ? 3 : 2, absolute };
  }

  function tidied(path, absolute) {
    const kept = [];
    for (const name of path.split(/[\\/]/)) {
      if (name === "" || name === ".") continue;
      if (name !== "..") kept.push(name);
      else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (!absolute) kept.push(name);
    }
    return kept.join(sep);
  }

  // A tail that would be read as a drive, once what stood before it is gone.
  const looksLikeDrive = (path) => /:(?:[\\/]|$)/.test(path) || RESERVED.test(path.slice(0, path.indexOf(":")));

  function normalize(path) {
    if (checked(path).length === 0) return ".";
    if (path.length === 1) return path === "/" ? sep : path;
    const { device, end, absolute, share } = rootOf(path);
    if (share && end === path.length) return `${device}\\`;
    let tail = tidied(path.slice(end), absolute);
    if (tail === "" && !absolute) tail = ".";
    if (tail !== "" && isSep(path.at(-1))) tail += sep;
    if (!absolute && device === undefined && path.includes(":") && (hasDrive(tail) || looksLikeDrive(path))) return `.\\${tail}`;
    return (device ?? "") + (absolute ? sep : "") + tail;
  }

  function join(...parts) {
    const given = parts.filter((part) => checked(part) !== "");
    if (given.length === 0) return ".";
    let joined = given.join(sep);
    // Two separators in front make a share only if one part said so itself.
    if (!/^[\\/]{2}[^\\/]/.test(given[0])) joined = joined.replace(/^[\\/]{2,}/, sep);
    return normalize(joined);
  }

  function resolve(...parts) {
    let [device, tail, absolute] = ["", "", false];
    for (let i = parts.length - 1; i >= -1; i--) {
      let path;
      if (i >= 0) {
        path = checked(parts[i], `paths[${i}]`);
        if (path === "") continue;
      } else {
        path = (device !== "" && process.env[`=${device}`]) || process.cwd();
        if (device !== "" && path.slice(0, 2).toLowerCase() !== device.toLowerCase() && path[2] === sep) path = `${device}\\`;
      }
      const root = rootOf(path);
      if (root.device !== undefined) {
        if (device !== "" && device.toLowerCase() !== root.device.toLowerCase()) continue;
        device ||= root.device;
      }
      if (!absolute) {
        tail = `${path.slice(root.end)}\\${tail}`;
        absolute = root.absolute;
      }
      if (absolute && device !== "") break;
    }
    return device + (absolute ? sep : "") + tidied(tail, absolute) || ".";
  }

  function relative(from, to) {
    const whole = resolve(checked(to, "to"));
    const start = resolve(checked(from, "from")).toLowerCase().split(sep).filter(Boolean);
    const end = whole.split(sep).filter(Boolean);
    let common = 0;
    while (common < start.length && common < end.length && start[common] === end[common].toLowerCase()) common++;
    if (common === 0 && start.length > 0) return whole;
    return [...start.slice(common).fill(".."), ...end.slice(common)].join(sep);
  }

  // Where the directory part can end at the earliest, or none.
  function leastOf(path) {
    const { device, end, share } = rootOf(path);
    if (device === undefined && end === 0) return undefined;
    return device !== undefined && (share || device.startsWith("\\\\")) ? Math.min(path.length, /^[\\/]{2}[^\\/]+[\\/]+[^\\/]+/.exec(path)[0].length + 1) : end;
  }

  function dirname(path) {
    if (checked(path).length === 0) return ".";
    if (path.length === 1) return isSep(path) ? path : ".";
    const least = leastOf(path);
    let end = path.length;
    while (end > (least ?? 0) && isSep(path[end - 1])) end--;
    while (end > (least ?? 0) && !isSep(path[end - 1])) end--;
    if (end <= (least ?? 0)) return least === undefined ? "." : path.slice(0, least);
    return path.slice(0, end - 1);
  }

  // The last name of a path whose root ends at `start`.
  const lastOf = (path, start) => {
    let end = path.length;
    while (end > start && isSep(path[end - 1])) end--;
    let begin = end;
    while (begin > start && !isSep(path[begin - 1])) begin--;
    return [begin, path.slice(begin, end)];
  };

  function basename(path, suffix = "") {
    checked(suffix, "suffix");
    checked(path);
    if (suffix !== "" && path === suffix) return "";
    const [, name] = lastOf(path, hasDrive(path) ? 2 : 0);
    return suffix !== "" && name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name;
  }

  const endingOf = (name) => (name === ".." || name.lastIndexOf(".") <= 0 ? "" : name.slice(name.lastIndexOf(".")));
  const extname = (path) => endingOf(basename(path));
  const isAbsolute = (path) => checked(path).length > 0 && (isSep(path[0]) || (hasDrive(path) && isSep(path[2])));

  function parse(path) {
    checked(path);
    const least = leastOf(path) ?? 0;
    const root = path.slice(0, least);
    const [begin, base] = lastOf(path, least);
    const ext = endingOf(base);
    const dir = begin > least ? path.slice(0, begin - 1) : root;
    return { root, dir, base, ext, name: base.slice(0, base.length - ext.length) };
  }

  function format(parts) {
    if (parts === null || typeof parts !== "object") throw invalidType("pathObject", "of type object", parts);
    const { root = "", dir, base, name = "", ext = "" } = parts;
    const file = base || name + (ext === "" || ext.startsWith(".") ? ext : `.${ext}`);
    const parent = dir || root;
    if (!parent) return file;
    return parent === root ? parent + file : `${parent}\\${file}`;
  }

  function toNamespacedPath(path) {
    if (typeof path !== "string" || path === "") return path;
    const whole = resolve(path);
    if (whole.length <= 2) return path;
    if (/^\\\\[^?.]/.test(whole)) return `\\\\?\\UNC\\${whole.slice(2)}`;
    return /^[a-z]:\\/i.test(whole) ? `\\\\?\\${whole}` : whole;
  }

  const win32 = {
    _makeLong: toNamespacedPath, basename, delimiter: ";", dirname, extname, format, isAbsolute, join, matchesGlob: (path, pattern) => matchesGlob(checked(path).replaceAll(sep, "/"), checked(pattern, "pattern").replaceAll(sep, "/")),
    normalize, parse, relative, resolve, sep, toNamespacedPath,
  };
  win32.posix = use("node/path");
  win32.win32 = win32;
  return win32;
};
