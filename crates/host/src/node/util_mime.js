// `MIMEType` and `MIMEParams` of `node:util`, by the MIME Sniffing standard.
(native, use) => {
  const { make } = use("node/errors");
  const BAD_TOKEN = /[^!#$%&'*+\-.^_`|~A-Za-z0-9]/;
  const BAD_VALUE = /[^\t\u0020-~\u0080-\u00ff]/;
  const syntax = (what, text, at) => make(TypeError, "ERR_INVALID_MIME_SYNTAX", `The MIME syntax for a ${what} in "${text}" is invalid${at >= 0 ? ` at ${at}` : ""}`);

  const lower = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const badAt = (text, bad) => text.search(bad);

  function typeOf(text) {
    const start = text.search(/[^\r\n\t ]/);
    const slash = start < 0 ? -1 : text.indexOf("/", start);
    const type = start < 0 ? "" : slash < 0 ? text.slice(start) : text.slice(start, slash);
    const bad = badAt(type, BAD_TOKEN);
    if (type === "" || slash < 0 || bad >= 0) throw syntax("type", text, bad);
    const semicolon = text.indexOf(";", slash);
    const subtype = (semicolon < 0 ? text.slice(slash + 1) : text.slice(slash + 1, semicolon)).replace(/[\r\n\t ]*$/, "");
    const worse = badAt(subtype, BAD_TOKEN);
    if (subtype === "" || worse >= 0) throw syntax("subtype", text, worse);
    return [lower(type), lower(subtype), semicolon < 0 ? text.length : semicolon + 1];
  }

  // A value between quotes, and where it ends.
  function quoted(text, from) {
    let [value, at] = ["", from];
    for (; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === "\\" && at + 1 < text.length) at++;
      value += text[at];
    }
    return [value, at + 1];
  }

  const shown = (value) => (value.length > 0 && badAt(value, BAD_TOKEN) < 0 ? value : `"${value.replace(/["\\]/g, "\\$&")}"`);

  class MIMEParams {
    #data = new Map();

    static read(params, text, from) {
      let at = from;
      while (at < text.length) {
        while (at < text.length && /[\r\n\t ]/.test(text[at])) at++;
        let end = at;
        while (end < text.length && text[end] !== ";" && text[end] !== "=") end++;
        const name = lower(text.slice(at, end));
        at = end;
        if (text[at] !== "=") {
          at++;
          continue;
        }
        at++;
        let value;
        if (text[at] === '"') {
          [value, at] = quoted(text, at + 1);
          const next = text.indexOf(";", at);
          at = next < 0 ? text.length : next + 1;
        } else {
          const next = text.indexOf(";", at);
          value = (next < 0 ? text.slice(at) : text.slice(at, next)).replace(/[\r\n\t ]+$/, "");
          at = next < 0 ? text.length : next + 1;
          if (value === "") continue;
        }
        if (name !== "" && badAt(name, BAD_TOKEN) < 0 && badAt(value, BAD_VALUE) < 0 && !params.#data.has(name)) params.#data.set(name, value);
      }
    }

    delete(name) { this.#data.delete(name); }
    get(name) { return this.#data.get(`${name}`.toLowerCase()) ?? null; }
    has(name) { return this.#data.has(name); }
    set(name, value) {
      const [key, text] = [`${name}`, `${value}`];
      const bad = badAt(key, BAD_TOKEN);
      if (key.length === 0 || bad >= 0) throw syntax("parameter name", key, bad);
      const worse = badAt(text, BAD_VALUE);
      if (worse >= 0) throw syntax("parameter value", text, worse);
      this.#data.set(key, text);
    }
    *entries() { yield* this.#data.entries(); }
    *keys() { yield* this.#data.keys(); }
    *values() { yield* this.#data.values(); }
    toString() { return [...this.#data].map(([name, value]) => `${name}=${shown(value)}`).join(";"); }
    toJSON() { return this.toString(); }
    [Symbol.iterator]() { return this.entries(); }
  }
  const { read } = MIMEParams;
  delete MIMEParams.read;

  class MIMEType {
    #type;
    #subtype;
    #params = new MIMEParams();

    constructor(input) {
      const text = `${input}`;
      const [type, subtype, rest] = typeOf(text);
      [this.#type, this.#subtype] = [type, subtype];
      read(this.#params, text, rest);
    }

    get type() { return this.#type; }
    set type(value) {
      const text = `${value}`;
      const bad = badAt(text, BAD_TOKEN);
      if (text.length === 0 || bad >= 0) throw syntax("type", text, bad);
      this.#type = lower(text);
    }
    get subtype() { return this.#subtype; }
    set subtype(value) {
      const text = `${value}`;
      const bad = badAt(text, BAD_TOKEN);
      if (text.length === 0 || bad >= 0) throw syntax("subtype", text, bad);
      this.#subtype = lower(text);
    }
    get essence() { return `${this.#type}/${this.#subtype}`; }
    get params() { return this.#params; }
    toString() {
      const params = this.#params.toString();
      return params.length > 0 ? `${this.essence};${params}` : this.essence;
    }
    toJSON() { return this.toString(); }
  }

  return { MIMEType, MIMEParams };
};
