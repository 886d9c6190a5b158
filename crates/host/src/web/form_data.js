// `FormData`, by the XMLHttpRequest standard, and how it travels in a body.
({ encode, decode }, use) => {
  const { alias, apply, callable, fail, finish, isObject, need, pairIterator, text } = use("web/idl");
  const { Blob, File, dataOf, isBlob, isFile } = use("web/blob");
  const iterate = pairIterator("FormData Iterator");

  function valueOf(given, value, filename) {
    if (given < 3 && !isBlob(value)) return text(value);
    if (!isBlob(value)) throw fail(TypeError, "only a Blob has a file name", "ERR_INVALID_ARG_TYPE");
    if (filename !== undefined) return new File([value], text(filename), { type: value.type, lastModified: isFile(value) ? value.lastModified : undefined });
    return isFile(value) ? value : new File([value], "blob", { type: value.type });
  }

  let listOf, isFormData;

  class FormData {
    #list = [];

    static {
      isFormData = (value) => isObject(value) && #list in value;
      listOf = (form) => form.#list;
    }

    constructor(form = undefined) {
      if (form !== undefined) throw fail(TypeError, "there are no forms here", "ERR_INVALID_ARG_TYPE");
    }

    append(name, value, filename = undefined) {
      const list = this.#list;
      need(arguments.length, 2, "append");
      list.push([text(name), valueOf(arguments.length, value, filename)]);
    }

    delete(name) {
      this.#list;
      need(arguments.length, 1, "delete");
      const key = text(name);
      this.#list = this.#list.filter(([other]) => other !== key);
    }

    get(name) {
      const list = this.#list;
      need(arguments.length, 1, "get");
      const key = text(name);
      return list.find(([other]) => other === key)?.[1] ?? null;
    }

    getAll(name) {
      const list = this.#list;
      need(arguments.length, 1, "getAll");
      const key = text(name);
      return list.filter(([other]) => other === key).map(([, value]) => value);
    }

    has(name) {
      const list = this.#list;
      need(arguments.length, 1, "has");
      const key = text(name);
      return list.some(([other]) => other === key);
    }

    set(name, value, filename = undefined) {
      this.#list;
      need(arguments.length, 2, "set");
      const pair = [text(name), valueOf(arguments.length, value, filename)];
      const first = this.#list.findIndex(([other]) => other === pair[0]);
      if (first < 0) this.#list.push(pair);
      else this.#list = this.#list.flatMap((old, i) => (i === first ? [pair] : old[0] === pair[0] ? [] : [old]));
    }

    forEach(callback, thisArg = undefined) {
      this.#list;
      need(arguments.length, 1, "forEach");
      callable(callback, "the callback");
      for (const [name, value] of this.entries()) apply(callback, thisArg, [value, name, this]);
    }

    keys() { this.#list; return iterate(() => this.#list, "keys"); }
    values() { this.#list; return iterate(() => this.#list, "values"); }
    entries() { this.#list; return iterate(() => this.#list, "entries"); }
  }
  alias(FormData, Symbol.iterator, "entries");
  finish(FormData, {
    shown: (form) => {
      const all = {};
      for (const [name, value] of listOf(form)) all[name] = name in all ? [all[name], value].flat() : value;
      return all;
    },
  });

  const escape = (name) => name.replace(/\r\n?|\n/g, "\r\n").replace(/[\r\n"]/g, (c) => ({ "\r": "%0D", "\n": "%0A", '"': "%22" })[c]);

  // `multipart/form-data`: the blob of it, and the boundary in it.
  function toMultipart(form) {
    const boundary = `----bident-${crypto.randomUUID().replaceAll("-", "")}`;
    const parts = [];
    for (const [name, value] of listOf(form)) {
      parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${escape(name)}"`);
      if (typeof value === "string") parts.push(`\r\n\r\n${value.replace(/\r\n?|\n/g, "\r\n")}\r\n`);
      else parts.push(`; filename="${escape(value.name).replaceAll("%0D%0A", "%0A")}"\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`, value, "\r\n");
    }
    parts.push(`--${boundary}--\r\n`);
    return { bytes: dataOf(new Blob(parts)), boundary };
  }

  // Where `wanted` stands in `bytes`, from `at` on.
  function find(bytes, wanted, at) {
    for (let i = bytes.indexOf(wanted[0], at); i >= 0; i = bytes.indexOf(wanted[0], i + 1)) {
      if (wanted.every((byte, k) => bytes[i + k] === byte)) return i;
    }
    return -1;
  }

  const unescape = (name) => name.replace(/%0D|%0A|%22/gi, (c) => decodeURIComponent(c));
  const damaged = () => new TypeError("the body is no multipart/form-data");

  function fromMultipart(bytes, boundary) {
    const form = new FormData();
    const line = encode(`\r\n--${boundary}`);
    const gap = encode("\r\n\r\n");
    let at = find(bytes, encode(`--${boundary}`), 0);
    if (at !== 0) throw damaged();
    at = line.length - 2;
    for (;;) {
      if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) return form;
      if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) throw damaged();
      const [head, end] = [find(bytes, gap, at), find(bytes, line, at + 2)];
      if (head < 0 || end < head) throw damaged();
      const fields = decode(bytes.subarray(at + 2, head));
      const name = /^content-disposition:.*?\bname="([^"]*)"/im.exec(fields);
      if (name === null) throw damaged();
      const file = /^content-disposition:.*?\bfilename="([^"]*)"/im.exec(fields);
      const content = bytes.subarray(head + 4, end);
      if (file === null) form.append(unescape(name[1]), decode(content));
      else form.append(unescape(name[1]), new File([content], unescape(file[1]), { type: /^content-type:\s*(.*?)\s*$/im.exec(fields)?.[1] ?? "text/plain" }));
      at = end + line.length;
    }
  }

  return { FormData, fromMultipart, isFormData, listOf, toMultipart };
};
