// `URL` and `URLSearchParams`, by the URL standard, on top of the host's parser.
({ parse, pairs, query }, use) => {
  const { alias, apply, callable, fail, finish, isObject, need, pairIterator, text } = use("web/idl");
  const iterate = pairIterator("URLSearchParams Iterator");
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
      if (!isObject(init)) {
        this.#list = inPairs(text(init).replace(/^\?/, ""));
        return;
      }
      const method = init[Symbol.iterator];
      if (method !== undefined && method !== null) this.#list = listOf(init, method);
      else this.#list = recordOf(init);
    }

    get size() { return this.#list.length; }

    // Only where there is a URL to be told: each time the whole list becomes text.
    #tell() { this.#changed?.(query(this.#list.flat())); }

    append(name, value) {
      this.#list;
      need(arguments.length, 2, "append");
      this.#list.push([text(name), text(value)]);
      this.#tell();
    }

    delete(name, value = undefined) {
      this.#list;
      need(arguments.length, 1, "delete");
      const isMeant = meant(name, value);
      this.#list = this.#list.filter((pair) => !isMeant(pair));
      this.#tell();
    }

    get(name) {
      const list = this.#list;
      need(arguments.length, 1, "get");
      return list.find(meant(name))?.[1] ?? null;
    }

    getAll(name) {
      const list = this.#list;
      need(arguments.length, 1, "getAll");
      return list.filter(meant(name)).map(([, value]) => value);
    }

    has(name, value = undefined) {
      const list = this.#list;
      need(arguments.length, 1, "has");
      return list.some(meant(name, value));
    }

    set(name, value) {
      this.#list;
      need(arguments.length, 2, "set");
      const pair = [text(name), text(value)];
      const isMeant = ([other]) => other === pair[0];
      const first = this.#list.findIndex(isMeant);
      if (first < 0) this.#list.push(pair);
      else this.#list = this.#list.flatMap((old, i) => (i === first ? [pair] : isMeant(old) ? [] : [old]));
      this.#tell();
    }

    sort() {
      this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#tell();
    }

    forEach(callback, thisArg = undefined) {
      this.#list;
      need(arguments.length, 1, "forEach");
      callable(callback, "the callback");
      for (let i = 0; i < this.#list.length; i++) apply(callback, thisArg, [this.#list[i][1], this.#list[i][0], this]);
    }

    keys() { this.#list; return iterate(() => this.#list, "keys"); }
    values() { this.#list; return iterate(() => this.#list, "values"); }
    entries() { this.#list; return iterate(() => this.#list, "entries"); }
    toString() { return query(this.#list.flat()); }
  }
  alias(URLSearchParams, Symbol.iterator, "entries");
  finish(URLSearchParams, {
    shown: (params) => {
      const { inspect } = use("web/inspect");
      const pairs = [...params].map(([name, value]) => `${inspect(name)} => ${inspect(value)}`);
      return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
    },
  });

  function listOf(init, method) {
    const wrong = () => fail(TypeError, "each query pair must be an iterable [name, value] tuple", "ERR_INVALID_TUPLE");
    if (typeof method !== "function") throw fail(TypeError, "Query pairs must be iterable", "ERR_ARG_NOT_ITERABLE");
    const list = [];
    for (const pair of { [Symbol.iterator]: () => apply(method, init, []) }) {
      if (!isObject(pair) || typeof pair[Symbol.iterator] !== "function") throw wrong();
      const both = [...pair];
      if (both.length !== 2) throw wrong();
      list.push([text(both[0]), text(both[1])]);
    }
    return list;
  }

  // Names that are the same as text have one place, and the last value.
  function recordOf(init) {
    const record = new Map();
    for (const key of Reflect.ownKeys(init)) {
      if (!Object.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
      const name = text(key);
      record.set(name, text(init[key]));
    }
    return [...record];
  }

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
  // What URLs of blobs stand for.
  const blobs = new Map();
  const MADE = Symbol("made by the host");

  class URL {
    #record;
    #params;
    #refresh;

    constructor(url, baseUrl = undefined) {
      if (url === MADE) {
        this.#record = baseUrl;
        return;
      }
      need(arguments.length, 1, "URL");
      const [input, origin] = [text(url), base(baseUrl)];
      this.#record = parse(input, origin);
      if (this.#record) return;
      const error = Object.assign(fail(TypeError, "Invalid URL", "ERR_INVALID_URL"), { input });
      if (origin !== undefined) error.base = origin;
      throw error;
    }

    static canParse(url, baseUrl = undefined) {
      need(arguments.length, 1, "URL.canParse");
      return Boolean(parse(text(url), base(baseUrl)));
    }

    static parse(url, baseUrl = undefined) {
      need(arguments.length, 1, "URL.parse");
      const record = parse(text(url), base(baseUrl));
      return record ? new URL(MADE, record) : null;
    }

    static createObjectURL(object) {
      need(arguments.length, 1, "URL.createObjectURL");
      if (!use("web/blob").isBlob(object)) throw fail(TypeError, "what gets a URL must be a Blob", "ERR_INVALID_ARG_TYPE");
      const url = `blob:nodedata:${crypto.randomUUID()}`;
      blobs.set(url, object);
      return url;
    }

    static revokeObjectURL(url) {
      need(arguments.length, 1, "URL.revokeObjectURL");
      blobs.delete(`${url}`.replace(/#.*$/s, ""));
    }

    static {
      for (const part of ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
        const accessor = {
          get [part]() { return this.#record.get(part); },
          set [part](value) {
            const record = this.#record;
            record.set(part, text(value));
            if (part === "search" || part === "href") this.#refresh?.(record.get("search").slice(1));
          },
        };
        const { get, set } = Object.getOwnPropertyDescriptor(accessor, part);
        Object.defineProperty(URL.prototype, part, { get, set: part === "origin" ? undefined : set, enumerable: true, configurable: true });
      }
    }

    get searchParams() {
      const record = this.#record;
      if (this.#params === undefined) {
        this.#params = new URLSearchParams(record.get("search"));
        this.#refresh = adopt(this.#params, (search) => record.set("search", search));
      }
      return this.#params;
    }

    toString() { return this.#record.get("href"); }
    toJSON() { return this.#record.get("href"); }
  }
  finish(URL, { shown: ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "searchParams", "hash"] });

  return { URL, URLSearchParams, blobOf: (url) => blobs.get(url.replace(/#.*$/s, "")) };
};
