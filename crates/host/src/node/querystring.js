// `node:querystring`.
(native, use) => {
  const PLAIN = /[^A-Za-z0-9\-_.!~*'()]/;
  const escape = (text) => {
    const given = typeof text === "string" ? text : typeof text === "object" && text !== null ? String(text) : `${text}`;
    if (!PLAIN.test(given)) return given;
    try {
      return encodeURIComponent(given);
    } catch {
      throw Object.assign(new URIError("URI malformed"), { code: "ERR_INVALID_URI" });
    }
  };
  const unescapeBuffer = (text) => {
    const bytes = [];
    const source = Buffer.from(String(text), "latin1");
    for (let i = 0; i < source.length; i++) {
      const hex = source[i] === 37 ? source.toString("latin1", i + 1, i + 3) : "";
      if (/^[0-9a-f]{2}$/i.test(hex)) {
        bytes.push(parseInt(hex, 16));
        i += 2;
      } else bytes.push(source[i]);
    }
    return Buffer.from(bytes);
  };
  const unescape = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return unescapeBuffer(Buffer.from(text).toString("latin1")).toString();
    }
  };
  const shown = (value) => (typeof value === "string" ? value : typeof value === "number" && Number.isFinite(value) ? `${value}` : typeof value === "bigint" || typeof value === "boolean" ? `${value}` : "");

  function stringify(object, separator, equals, options) {
    const [between, is, encode] = [separator || "&", equals || "=", options?.encodeURIComponent ?? querystring.escape];
    if (object === null || typeof object !== "object") return "";
    const pairs = [];
    for (const key of Object.keys(object)) {
      const name = encode(shown(key)) + is;
      const value = object[key];
      if (Array.isArray(value)) for (const one of value) pairs.push(name + encode(shown(one)));
      else pairs.push(name + encode(shown(value)));
    }
    return pairs.join(between);
  }

  function parse(text, separator, equals, options) {
    const [between, is] = [separator || "&", equals || "="].map(String);
    const decode = options?.decodeURIComponent ?? querystring.unescape;
    const most = typeof options?.maxKeys === "number" ? options.maxKeys : 1000;
    const object = Object.create(null);
    if (typeof text !== "string" || text === "") return object;
    const decoded = (part) => {
      const plain = part.replaceAll("+", " ");
      if (!plain.includes("%") && decode === unescape) return plain;
      try {
        return decode(plain);
      } catch {
        return unescape(plain);
      }
    };
    let count = 0;
    for (const pair of text.split(between)) {
      // What is empty counts, too.
      if (most > 0 && count >= most) break;
      count += 1;
      if (pair === "") continue;
      const at = pair.indexOf(is);
      const key = decoded(at < 0 ? pair : pair.slice(0, at));
      const value = at < 0 ? "" : decoded(pair.slice(at + is.length));
      if (!(key in object)) object[key] = value;
      else if (Array.isArray(object[key])) object[key].push(value);
      else object[key] = [object[key], value];
    }
    return object;
  }

  const querystring = { unescapeBuffer, unescape, escape, stringify, encode: stringify, parse, decode: parse };
  return querystring;
};
