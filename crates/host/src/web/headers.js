// `Headers`, by the Fetch standard.
(_, use) => {
  const { alias, apply, callable, fail, finish, isObject, need, pairIterator } = use("web/idl");

  const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

  function bytes(value, what) {
    const string = `${value}`;
    if (/[^\0-\xff]/.test(string)) throw fail(TypeError, `${what} has characters beyond U+00FF`, "ERR_INVALID_CHAR");
    return string;
  }

  function nameOf(value) {
    const name = bytes(value, "the name of a header");
    if (!NAME.test(name)) throw fail(TypeError, `"${name}" is no name of a header`, "ERR_INVALID_HTTP_TOKEN");
    return name.toLowerCase();
  }

  function valueOf(value) {
    const normal = bytes(value, "the value of a header").replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
    if (/[\0\r\n]/.test(normal)) throw fail(TypeError, "a header has a line break or a zero in its value", "ERR_INVALID_CHAR");
    return normal;
  }

  // From a name to its values; cookies are never put together.
  function sorted(list) {
    const byName = new Map();
    for (const [name, value] of list) {
      if (!byName.has(name)) byName.set(name, []);
      byName.get(name).push(value);
    }
    return [...byName.keys()].sort().flatMap((name) =>
      name === "set-cookie" ? byName.get(name).map((value) => [name, value]) : [[name, byName.get(name).join(", ")]]);
  }

  const iterate = pairIterator("Headers Iterator");

  let listOf, isHeaders, guard;

  class Headers {
    #list = [];
    #isFixed = false;

    static {
      isHeaders = (value) => isObject(value) && #list in value;
      listOf = (headers) => headers.#list;
      guard = (headers) => { headers.#isFixed = true; };
    }

    constructor(init = undefined) {
      if (init === undefined) return;
      if (!isObject(init)) throw fail(TypeError, "headers are made from an object or an iterable of pairs", "ERR_INVALID_ARG_TYPE");
      fill(this.#list, init);
    }

    append(name, value) {
      this.#list;
      need(arguments.length, 2, "append");
      const [key, text] = [nameOf(name), valueOf(value)];
      this.#change();
      this.#list.push([key, text]);
    }

    delete(name) {
      this.#list;
      need(arguments.length, 1, "delete");
      const key = nameOf(name);
      this.#change();
      this.#list = this.#list.filter(([other]) => other !== key);
    }

    get(name) {
      const list = this.#list;
      need(arguments.length, 1, "get");
      const key = nameOf(name);
      const values = list.filter(([other]) => other === key);
      return values.length === 0 ? null : values.map(([, value]) => value).join(", ");
    }

    getSetCookie() {
      return this.#list.filter(([name]) => name === "set-cookie").map(([, value]) => value);
    }

    has(name) {
      const list = this.#list;
      need(arguments.length, 1, "has");
      const key = nameOf(name);
      return list.some(([other]) => other === key);
    }

    set(name, value) {
      this.#list;
      need(arguments.length, 2, "set");
      const [key, text] = [nameOf(name), valueOf(value)];
      this.#change();
      const first = this.#list.findIndex(([other]) => other === key);
      if (first < 0) this.#list.push([key, text]);
      else this.#list = this.#list.flatMap((pair, i) => (i === first ? [[key, text]] : pair[0] === key ? [] : [pair]));
    }

    forEach(callback, thisArg = undefined) {
      this.#list;
      need(arguments.length, 1, "forEach");
      callable(callback, "the callback");
      for (const [name, value] of this.entries()) apply(callback, thisArg, [value, name, this]);
    }

    keys() { this.#list; return iterate(() => sorted(this.#list), "keys"); }
    values() { this.#list; return iterate(() => sorted(this.#list), "values"); }
    entries() { this.#list; return iterate(() => sorted(this.#list), "entries"); }

    #change() {
      if (this.#isFixed) throw new TypeError("these headers cannot be changed");
    }
  }
  alias(Headers, Symbol.iterator, "entries");
  finish(Headers, { shown: (headers) => Object.fromEntries(sorted(listOf(headers))) });

  function fill(list, init) {
    const method = init[Symbol.iterator];
    if (method !== undefined && method !== null) {
      callable(method, "the iterator");
      for (const pair of { [Symbol.iterator]: () => apply(method, init, []) }) {
        if (!isObject(pair)) throw fail(TypeError, "each header must be a pair", "ERR_INVALID_ARG_TYPE");
        const both = [...pair];
        if (both.length !== 2) throw new TypeError("each header must have a name and a value");
        list.push([nameOf(both[0]), valueOf(both[1])]);
      }
      return;
    }
    for (const key of Reflect.ownKeys(init)) {
      if (!Object.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
      if (typeof key === "symbol") throw new TypeError("the name of a header cannot be a symbol");
      list.push([nameOf(key), valueOf(init[key])]);
    }
  }

  // Headers that a program gets and cannot change.
  function fixed(list) {
    const headers = new Headers();
    listOf(headers).push(...list);
    guard(headers);
    return headers;
  }

  return { Headers, fixed, isHeaders, listOf };
};
