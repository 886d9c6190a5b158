// Values as text, in the form that Node gives them. Made when a program first shows more than a string
// or a number.
//
// `look(value)` tells what JavaScript cannot see: `["proxy", target]`, `["revoked"]`, `["promise", state, result]`,
// otherwise nothing. All recursion is JavaScript's own, so that its end is a `RangeError`.
({ look }) => {
  const call = Function.prototype.call;
  const uncurry = (f) => call.bind(f);
  const getter = (object, name) => uncurry(Object.getOwnPropertyDescriptor(object, name).get);
  const { getPrototypeOf, getOwnPropertyDescriptor, getOwnPropertySymbols, keys: ownKeys } = Object;
  const toTag = uncurry(Object.prototype.toString);
  const typedArray = getPrototypeOf(Uint8Array);
  const typedName = getter(typedArray.prototype, Symbol.toStringTag);
  const custom = Symbol.for("nodejs.util.inspect.custom");

  const DEFAULTS = { colors: false, depth: 2, maxArrayLength: 100, maxStringLength: 10000, breakLength: 80, customInspect: true };
  // Objects of at most this many levels share a line where they fit.
  const COMPACT = 3;
  const WIDEST = 15;
  const MOST_BYTES = 50;
  // Of a longer array only the entries are shown: to list its other keys, QuickJS makes a list of all.
  const MOST_INDICES = 1 << 17;

  const COLOURS = {
    string: [32, 39], symbol: [32, 39], number: [33, 39], bigint: [33, 39], boolean: [33, 39], undefined: [90, 39],
    null: [1, 22], special: [36, 39], date: [35, 39], regexp: [31, 39],
  };
  const ESCAPES = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\" };

  const without = (text) => text.replace(/\u001b\[\d+m/g, "");
  const more = (count, what) => `... ${count} more ${what}${count > 1 ? "s" : ""}`;

  function quote(text) {
    let mark = "'";
    if (text.includes("'")) mark = !text.includes('"') ? '"' : !text.includes("`") && !text.includes("${") ? "`" : "'";
    const escaped = text.replace(/[\x00-\x1f\x7f-\x9f\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (c) => {
      const code = c.charCodeAt(0);
      return ESCAPES[c] ?? (code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`);
    });
    return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
  }

  const number = (value) => (Object.is(value, -0) ? "-0" : String(value));

  // One inspection: its options, and where in the value it is.
  class Inspection {
    constructor(options) {
      Object.assign(this, DEFAULTS, options);
      this.depth ??= Infinity;
      this.maxArrayLength ??= Infinity;
      this.maxStringLength ??= Infinity;
      this.indent = 0;
      this.deepest = 0;
      this.open = new Set();
      this.referred = new Map();
    }

    style(text, kind) {
      if (!this.colors) return text;
      const [on, off] = COLOURS[kind];
      return `\u001b[${on}m${text}\u001b[${off}m`;
    }

    primitive(value) {
      if (value === null) return this.style("null", "null");
      switch (typeof value) {
        case "string": return this.string(value);
        case "number": return this.style(number(value), "number");
        case "bigint": return this.style(`${value}n`, "bigint");
        default: return this.style(String(value), typeof value);
      }
    }

    string(value) {
      const left = value.length - this.maxStringLength;
      const text = left > 0 ? value.slice(0, this.maxStringLength) : value;
      const end = left > 0 ? more(left, "character") : "";
      const room = this.breakLength - this.indent - 4;
      if (text.length <= 16 || text.length <= room || !text.includes("\n")) return this.style(quote(text), "string") + end;
      const lines = text.match(/[^\n]*\n|[^\n]+/g).map((line) => this.style(quote(line), "string"));
      return lines.join(` +\n${" ".repeat(this.indent + 2)}`) + end;
    }

    value(value, level) {
      if (value === null || (typeof value !== "object" && typeof value !== "function")) return this.primitive(value);
      const hidden = look(value);
      if (hidden?.[0] === "revoked") return this.style("<Revoked Proxy>", "special");
      if (hidden?.[0] === "proxy") return `Proxy(${this.value(hidden[1], level)})`;
      const own = this.customInspect ? value[custom] : undefined;
      if (typeof own === "function" && own !== inspect) {
        const options = { ...this, depth: this.depth - level };
        const shown = call.call(own, value, options.depth, options, inspect);
        if (shown !== value) return typeof shown === "string" ? shown.replaceAll("\n", `\n${" ".repeat(this.indent)}`) : this.value(shown, level);
      }
      if (this.open.has(value)) {
        if (!this.referred.has(value)) this.referred.set(value, this.referred.size + 1);
        return this.style(`[Circular *${this.referred.get(value)}]`, "special");
      }
      return this.object(value, level, hidden);
    }

    object(value, level, hidden) {
      const shape = describe(this, value, hidden);
      if (shape.whole !== undefined) return shape.whole;
      const isEmpty = shape.keys.length === 0 && (shape.size ?? (shape.entries === undefined ? 0 : 1)) === 0;
      if (isEmpty) return this.join([], shape);
      if (level > this.depth) return this.style(`[${shape.name}]`, "special");
      this.open.add(value);
      this.deepest = level;
      const output = shape.entries?.(level + 1) ?? [];
      for (const key of shape.keys) output.push(this.property(value, key, level + 1));
      this.open.delete(value);
      const reference = this.referred.get(value);
      const mark = reference === undefined ? "" : `${this.style(`<ref *${reference}>`, "special")} `;
      return mark + this.join(output, shape, level, value);
    }

    nested(value, level, indent = 2) {
      this.indent += indent;
      const text = this.value(value, level);
      this.indent -= indent;
      return text;
    }

    property(object, key, level) {
      const { value, get, set } = getOwnPropertyDescriptor(object, key) ?? { value: object[key] };
      let text;
      if (get !== undefined) text = this.style(set === undefined ? "[Getter]" : "[Getter/Setter]", "special");
      else if (set !== undefined) text = this.style("[Setter]", "special");
      else text = this.nested(value, level);
      if (typeof key === "symbol") return `${this.style(String(key), "symbol")}: ${text}`;
      if (key === "__proto__") return `['__proto__']: ${text}`;
      return `${/^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key) ? key : this.style(quote(key), "string")}: ${text}`;
    }

    // The entries of an array, with its holes. A hole costs nothing however long it is.
    *elements(array, level) {
      let indices;
      let at = 0;
      for (let i = 0, shown = 0; i < array.length; shown++) {
        if (shown >= this.maxArrayLength) return yield more(array.length - i, "item");
        if (Object.hasOwn(array, i)) {
          yield this.nested(array[i++], level);
          continue;
        }
        indices ??= ownKeys(array).filter((key) => isIndex(key, array.length)).map(Number);
        while (indices[at] < i) at++;
        const holes = (indices[at] ?? array.length) - i;
        i += holes;
        yield this.style(`<${holes} empty item${holes > 1 ? "s" : ""}>`, "undefined");
      }
    }

    *members(set, level) {
      let left = set.size;
      for (const value of set) {
        if (set.size - left >= this.maxArrayLength) return yield more(left, "item");
        left -= 1;
        yield this.nested(value, level);
      }
    }

    *pairs(map, level) {
      let left = map.size;
      for (const [key, value] of map) {
        if (map.size - left >= this.maxArrayLength) return yield more(left, "item");
        left -= 1;
        yield `${this.nested(key, level)} => ${this.nested(value, level)}`;
      }
    }

    // One line if it fits, otherwise one line for each entry, or columns.
    join(output, { base = "", braces: [open, close], isList }, level, value) {
      const before = base === "" ? "" : `${base} `;
      if (output.length === 0) return isList || base === "" ? `${before}${open}${close}` : base;
      const rows = isList && output.length > 6 ? this.columns(output, value) : output;
      const length = (text) => (this.colors ? without(text).length : text.length);
      if (rows === output && this.deepest - level < COMPACT && !base.includes("\n")) {
        const fixed = 2 * output.length + this.indent + open.length + base.length + 10;
        const total = output.reduce((sum, entry) => sum + length(entry), fixed);
        if (total <= this.breakLength && !output.some((entry) => entry.includes("\n"))) {
          return `${before}${open} ${output.join(", ")} ${close}`;
        }
      }
      const line = `\n${" ".repeat(this.indent)}`;
      return `${before}${open}${line}  ${rows.join(`,${line}  `)}${line}${close}`;
    }

    // Many short entries in columns: about two and a half times as wide as high, numbers to the right.
    columns(output, value) {
      const isCut = output.length > this.maxArrayLength;
      const cells = isCut ? output.slice(0, -1) : output;
      const widths = cells.map((cell) => (this.colors ? without(cell).length : cell.length) + 2);
      const widest = widths.reduce((most, width) => Math.max(most, width), 0);
      const total = widths.reduce((sum, width) => sum + width, 0);
      const fits = widest * 3 + this.indent < this.breakLength && (total / widest > 5 || widest <= 8);
      const likely = Math.max(widest - 3 - Math.sqrt(widest - total / output.length), 1);
      const square = Math.round(Math.sqrt(2.5 * likely * cells.length) / likely);
      const count = Math.min(square, Math.floor((this.breakLength - this.indent) / widest), 4 * COMPACT, WIDEST);
      if (!fits || count <= 1) return output;
      const columns = Array.from({ length: count }, (_, at) => widths.reduce((most, width, i) => (i % count === at ? Math.max(most, width) : most), 0));
      const isNumeric = cells.every((_, i) => typeof value[i] === "number" || typeof value[i] === "bigint");
      const rows = [];
      for (let at = 0; at < cells.length; at += count) {
        const row = cells.slice(at, at + count).map((cell, i, { length }) => {
          const isLast = i === length - 1;
          const space = " ".repeat(columns[i] - widths[at + i]);
          return (isNumeric ? space + cell : cell) + (isLast ? "" : isNumeric ? ", " : `, ${space}`);
        });
        rows.push(row.join(""));
      }
      return isCut ? [...rows, output.at(-1)] : rows;
    }
  }

  function classOf(value) {
    for (let at = value; at !== null; at = getPrototypeOf(at)) {
      const constructor = getOwnPropertyDescriptor(at, "constructor")?.value;
      if (typeof constructor === "function" && constructor.name !== "" && constructor.prototype !== undefined && (value instanceof constructor || at === constructor.prototype)) {
        return String(constructor.name);
      }
    }
    return null;
  }

  function tagOf(value, name) {
    const tag = value[Symbol.toStringTag];
    return typeof tag === "string" && tag !== "" && tag !== name && !getOwnPropertyDescriptor(value, Symbol.toStringTag)?.enumerable ? `[${tag}] ` : "";
  }

  function prefixOf(value, kind, size = "") {
    const name = classOf(value);
    if (name === null && value[Symbol.toStringTag] === "Module") return "[Module: null prototype] ";
    return name === null ? `[${kind}${size}: null prototype] ${tagOf(value, kind)}` : `${name}${size} ${tagOf(value, name)}`;
  }

  const isIndex = (key, length) => String(key >>> 0) === key && key >>> 0 < length;

  // How a value is shown: `whole`, or its `name`, `base`, `braces`, `entries` and `keys`.
  function describe(inspection, value, hidden) {
    const symbols = getOwnPropertySymbols(value).filter((key) => getOwnPropertyDescriptor(value, key)?.enumerable);
    const strings = (length) => (length > MOST_INDICES ? [] : ownKeys(value).filter((key) => !isIndex(key, length)));
    const named = (length) => [...strings(length), ...symbols];
    const list = (kind, size, entries, keys, braces) => ({
      name: classOf(value) ?? `${kind}: null prototype`, size,
      braces: [`${prefixOf(value, kind, `(${size})`)}${braces[0]}`, braces[1]],
      entries: (level) => [...entries.call(inspection, value, level)], keys, isList: braces[0] === "[",
    });
    const based = (base, kind, keys = all) => (keys.length === 0 ? { whole: inspection.style(base, kind) } : { name: classOf(value), base, braces: ["{", "}"], keys });
    const isList = Array.isArray(value) || typedName(value) !== undefined;
    const all = isList ? [] : named(0);
    if (Array.isArray(value)) {
      const shape = list("Array", value.length, inspection.elements, named(value.length), ["[", "]"]);
      if (classOf(value) === "Array" && tagOf(value, "Array") === "") shape.braces[0] = "[";
      return shape;
    }
    if (typeof value === "function") return based(functionBase(value), "special");
    if (value instanceof Map) return list("Map", value.size, inspection.pairs, all, ["{", "}"]);
    if (value instanceof Set) return list("Set", value.size, inspection.members, all, ["{", "}"]);
    if (isList) {
      if (globalThis.Buffer !== undefined && value instanceof Buffer) return { whole: showBuffer(value) };
      return list(typedName(value), value.length, inspection.elements, named(value.length), ["[", "]"]);
    }
    if (value instanceof Error || toTag(value) === "[object Error]") return describeError(inspection, value, all);
    if (value instanceof RegExp) return based(RegExp.prototype.toString.call(value), "regexp");
    if (value instanceof Date) return based(Number.isNaN(+value) ? "Invalid Date" : Date.prototype.toISOString.call(value), "date");
    const boxed = describeBoxed(value, named);
    if (boxed !== undefined) return based(...boxed);
    return describeRest(inspection, value, hidden, all);
  }

  function describeRest(inspection, value, hidden, keys) {
    const name = classOf(value);
    const shape = { name: name ?? "Object: null prototype", braces: [`${prefixOf(value, "Object")}{`, "}"], keys };
    const entries = (make) => ({ ...shape, entries: make });
    const field = (name, value, level) => `[${name}]: ${inspection.nested(value, level)}`;
    if (hidden?.[0] === "promise") {
      const [, state, result] = hidden;
      if (state === "pending") return entries(() => [inspection.style("<pending>", "special")]);
      const mark = state === "rejected" ? `${inspection.style("<rejected>", "special")} ` : "";
      return entries((level) => [mark + inspection.nested(result, level)]);
    }
    if (value instanceof WeakMap || value instanceof WeakSet) return entries(() => [inspection.style("<items unknown>", "special")]);
    if (value instanceof ArrayBuffer || (globalThis.SharedArrayBuffer !== undefined && value instanceof SharedArrayBuffer)) {
      if (value.detached) return entries((level) => ["(detached)", field("byteLength", 0, level)]);
      return entries((level) => [`[Uint8Contents]: <${hex(new Uint8Array(value))}>`, field("byteLength", value.byteLength, level)]);
    }
    if (value instanceof DataView) {
      return entries((level) => ["byteLength", "byteOffset", "buffer"].map((name) => field(name, value[name], level)));
    }
    if (toTag(value) === "[object Arguments]") return { ...shape, braces: ["[Arguments] {", "}"] };
    if (name === "Object" && tagOf(value, name) === "") shape.braces[0] = "{";
    return shape;
  }

  function functionBase(value) {
    const source = String(Function.prototype.toString.call(value));
    if (source.startsWith("class")) {
      const parent = getPrototypeOf(value)?.name;
      return `[class ${value.name || "(anonymous)"}${parent ? ` extends ${parent}` : ""}]`;
    }
    const kind = toTag(value).slice(8, -1);
    return `[${kind === "Object" ? "Function" : kind}${value.name ? `: ${value.name}` : " (anonymous)"}]`;
  }

  function describeBoxed(value, named) {
    for (const type of [Number, Boolean, String, BigInt, Symbol]) {
      if (!(value instanceof type)) continue;
      let inner;
      try {
        inner = type.prototype.valueOf.call(value);
      } catch {
        return undefined;
      }
      const text = typeof inner === "string" ? quote(inner) : typeof inner === "bigint" ? `${inner}n` : typeof inner === "number" ? number(inner) : String(inner);
      return [`[${type.name}: ${text}]`, typeof inner, named(typeof inner === "string" ? inner.length : 0)];
    }
    return undefined;
  }

  const hex = (bytes) => {
    const shown = Array.from(bytes.subarray(0, MOST_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return bytes.length > MOST_BYTES ? `${shown} ${more(bytes.length - MOST_BYTES, "byte")}` : shown;
  };

  const showBuffer = (buffer) => `<${classOf(buffer)}${buffer.length > 0 ? ` ${hex(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length))}` : ""}>`;

  // QuickJS keeps only the frames in `stack`; the first line is made here.
  function describeError(inspection, error, all) {
    const { message, stack } = error;
    const own = error.name === undefined ? classOf(error) : String(error.name);
    const name = own === "Error" ? (classOf(error) ?? own) : own;
    const head = message === undefined || message === "" ? `${name}` : `${name}: ${message}`;
    const frames = typeof stack === "string" ? stack.trimEnd() : "";
    const text = frames.startsWith(own) ? frames : frames === "" ? `[${head}]` : `${head}\n${frames}`;
    const keys = all.filter((key) => !["name", "message", "stack"].includes(key) || !text.includes(String(error[key])));
    const extra = ["cause", "errors"].filter((key) => Object.hasOwn(error, key) && !keys.includes(key));
    const base = text.replaceAll("\n", `\n${" ".repeat(inspection.indent)}`);
    if (keys.length + extra.length === 0) return { whole: base };
    const entries = (level) => extra.map((key) => `[${key}]: ${inspection.nested(error[key], level)}`);
    return { name, base, braces: ["{", "}"], keys, entries };
  }

  const inspect = (value, options, ...older) =>
    new Inspection(typeof options === "boolean" ? { depth: older[0], colors: older[1] } : options).value(value, 0);
  inspect.custom = custom;
  inspect.defaultOptions = DEFAULTS;

  const NATIVE = new Set([Object, Error, Array, Date, RegExp].map((type) => type.prototype.toString));

  function shownAsString(value) {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "number") return number(value);
    if (typeof value !== "object" || value === null || look(value) === undefined && typeof value.toString === "function" && !NATIVE.has(value.toString)) return String(value);
    return inspect(value, { depth: 0 });
  }

  function toNumber(value, convert) {
    if (typeof value === "bigint" && convert !== parseFloat) return `${value}n`;
    return typeof value === "symbol" ? "NaN" : number(convert(typeof value === "object" && convert === Number ? Number(value) : value));
  }

  function toJson(value) {
    try {
      return String(JSON.stringify(value));
    } catch (error) {
      if (/circular/i.test(error?.message)) return "[Circular]";
      throw error;
    }
  }

  const DIRECTIVES = {
    s: shownAsString, d: (value) => toNumber(value, Number), i: (value) => toNumber(value, parseInt), f: (value) => toNumber(value, parseFloat),
    j: toJson, o: (value, options) => inspect(value, { ...options, depth: 4 }), O: (value, options) => inspect(value, options), c: () => "",
  };

  function formatWithOptions(options, ...values) {
    let at = 0;
    let text = "";
    if (typeof values[0] === "string") {
      text = values[0];
      at = 1;
      if (values.length > 1) {
        text = text.replace(/%([sdifjoOc%])/g, (whole, directive) => {
          if (directive === "%") return "%";
          return at < values.length ? DIRECTIVES[directive](values[at++], options) : whole;
        });
      }
    }
    const rest = values.slice(at).map((value) => (typeof value === "string" ? value : inspect(value, options)));
    return at === 0 ? rest.join(" ") : [text, ...rest].join(" ");
  }

  // What `console.table` prints for an object: a row for each member, a column for each key of those.
  function table(data, chosen) {
    const isKeyed = data instanceof Map;
    const isIterated = isKeyed || data instanceof Set;
    const members = isIterated ? [...data].map((member, i) => [i, member]) : ownKeys(data).map((key) => [key, data[key]]);
    const show = (value) => inspect(value, { depth: typeof value === "object" && value !== null && !Array.isArray(value) && ownKeys(value).length > 2 ? -1 : 0, maxArrayLength: 3, breakLength: Infinity });
    const columns = new Map();
    const VALUES = Symbol();
    const rows = members.map(([index, member]) => {
      const cells = new Map();
      const value = isKeyed ? member[1] : member;
      if (!isIterated && typeof value === "object" && value !== null) {
        for (const key of chosen ?? ownKeys(value)) {
          columns.set(key, key);
          cells.set(key, Object.hasOwn(value, key) ? show(value[key]) : "");
        }
      } else {
        cells.set(VALUES, show(value));
      }
      return [String(index), ...(isKeyed ? [show(member[0])] : []), cells];
    });
    if (rows.some((row) => row.at(-1).has(VALUES))) columns.set(VALUES, "Values");
    const head = [isIterated ? "(iteration index)" : "(index)", ...(isKeyed ? ["Key"] : []), ...columns.values()];
    const body = rows.map((row) => [...row.slice(0, -1), ...[...columns.keys()].map((key) => row.at(-1).get(key) ?? "")]);
    return draw([head, ...body]);
  }

  function draw(rows) {
    const widths = rows[0].map((_, i) => rows.reduce((most, row) => Math.max(most, row[i].length), 0) + 2);
    const rule = (left, cross, right) => left + widths.map((width) => "─".repeat(width)).join(cross) + right;
    const [head, ...body] = rows.map((row) => `│${row.map((cell, i) => ` ${cell}`.padEnd(widths[i])).join("│")}│`);
    return [rule("┌", "┬", "┐"), head, rule("├", "┼", "┤"), ...body, rule("└", "┴", "┘")].join("\n");
  }

  return { inspect, formatWithOptions, format: (...values) => formatWithOptions({}, ...values), table };
};
