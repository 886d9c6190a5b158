// The Web's `URL` and `URLSearchParams` on top of the host's parser.
({ parse, pairs, query }) => {
  const text = (value) => String(value).toWellFormed();
  // Reads and writes the list of a `URLSearchParams` for the `URL` that it belongs to.
  let adopt;

  class URLSearchParams {
    #list = [];
    #changed;

    static {
      adopt = (params, changed) => {
        params.#changed = changed;
        return (search) => { params.#list = inPairs(search); };
      };
    }

    constructor(init = "") {
      if (typeof init !== "object" && typeof init !== "function" || init === null) {
        this.#list = inPairs(text(init).replace(/^\?/, ""));
      } else if (init[Symbol.iterator] != null) {
        for (const pair of init) {
          const entry = typeof pair === "object" && pair !== null ? [...pair] : [];
          if (entry.length !== 2) throw new TypeError("each query pair must be an iterable [name, value]");
          this.#list.push(entry.map(text));
        }
      } else {
        for (const key of Reflect.ownKeys(init)) {
          if (Object.getOwnPropertyDescriptor(init, key)?.enumerable) this.#list.push([text(key), text(init[key])]);
        }
      }
    }

    get size() { return this.#list.length; }

    // Only where there is a URL to be told: each time the whole list becomes text.
    #tell() { this.#changed?.(query(this.#list.flat())); }

    append(key, value) {
      this.#list.push([text(key), text(value)]);
      this.#tell();
    }

    delete(key, value) {
      const isMeant = meant(key, value);
      this.#list = this.#list.filter((pair) => !isMeant(pair));
      this.#tell();
    }

    get(key) { return this.#list.find(meant(key))?.[1] ?? null; }
    getAll(key) { return this.#list.filter(meant(key)).map(([, value]) => value); }
    has(key, value) { return this.#list.some(meant(key, value)); }

    set(key, value) {
      const isMeant = meant(key);
      const first = this.#list.findIndex(isMeant);
      const pair = [text(key), text(value)];
      if (first < 0) this.#list.push(pair);
      else this.#list = this.#list.flatMap((old, i) => (i === first ? [pair] : isMeant(old) ? [] : [old]));
      this.#tell();
    }

    sort() {
      this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#tell();
    }

    forEach(f, self) {
      for (const [key, value] of this) f.call(self, value, key, this);
    }

    *entries() {
      for (let i = 0; i < this.#list.length; i++) yield [...this.#list[i]];
    }

    *keys() {
      for (const [key] of this) yield key;
    }

    *values() {
      for (const [, value] of this) yield value;
    }

    toString() { return query(this.#list.flat()); }
    get [Symbol.toStringTag]() { return "URLSearchParams"; }
  }
  Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
    value: URLSearchParams.prototype.entries, writable: true, configurable: true,
  });

  function inPairs(search) {
    const flat = pairs(search);
    return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  }

  function meant(key, value) {
    const name = text(key);
    const wanted = value === undefined ? undefined : text(value);
    return (pair) => pair[0] === name && (wanted === undefined || pair[1] === wanted);
  }

  const base = (value) => (value === undefined ? undefined : text(value));

  class URL {
    #record;
    #params;
    #refresh;

    constructor(input, origin) {
      this.#record = parse(text(input), base(origin));
      if (!this.#record) throw Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: String(input) });
    }

    static canParse(input, origin) { return Boolean(parse(text(input), base(origin))); }
    static parse(input, origin) { return URL.canParse(input, origin) ? new URL(input, origin) : null; }

    static {
      const parts = ["hash", "host", "hostname", "href", "origin", "password", "pathname", "port", "protocol", "search", "username"];
      for (const part of parts) {
        const get = function () { return this.#record.get(part); };
        const set = function (value) {
          this.#record.set(part, text(value));
          if (part === "search" || part === "href") this.#refresh?.(this.search.slice(1));
        };
        Object.defineProperty(URL.prototype, part, { get, set: part === "origin" ? undefined : set, enumerable: true, configurable: true });
      }
    }

    get searchParams() {
      if (this.#params === undefined) {
        this.#params = new URLSearchParams(this.search);
        this.#refresh = adopt(this.#params, (search) => this.#record.set("search", search));
      }
      return this.#params;
    }

    toString() { return this.href; }
    toJSON() { return this.href; }
    get [Symbol.toStringTag]() { return "URL"; }
  }
  Object.defineProperty(URL, "length", { value: 1 });

  return { URL, URLSearchParams };
};
