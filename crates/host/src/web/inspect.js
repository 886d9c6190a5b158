// Values as text, in the form that Node gives them. Made when a program first shows more than a string
// or a number.
//
// `look(value)` tells what JavaScript cannot see: `["proxy", target]`, `["revoked"]`, `["promise", state, result]`,
// otherwise nothing. All recursion is JavaScript's own, so that its end is a `RangeError`.
({ look }, use) => {
  const call = Function.prototype.call;
  const { headOf, stackOf } = use("web/errors");
  const uncurry = (f) => call.bind(f);
  const getter = (object, name) => uncurry(Object.getOwnPropertyDescriptor(object, name).get);
  const { getPrototypeOf, getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, keys: ownKeys } = Object;
  const toTag = uncurry(Object.prototype.toString);
  const typedArray = getPrototypeOf(Uint8Array);
  const typedName = getter(typedArray.prototype, Symbol.toStringTag);
  const custom = Symbol.for("nodejs.util.inspect.custom");
  const [mapSize, setSize] = [getter(Map.prototype, "size"), getter(Set.prototype, "size")];
  const [mapEntries, setValues] = [uncurry(Map.prototype.entries), uncurry(Set.prototype.values)];
  // By what they are, whatever their prototypes say. Most are none, and that is found out fast.
  const has = (size, tag) => (value) => {
    if (!(tag in value) && getPrototypeOf(value) !== null) return false;
    try {
      size(value);
      return true;
    } catch {
      return false;
    }
  };
  const [isMap, isSet] = [has(mapSize, "size"), has(setSize, "size")];

  // Proxies that look like objects: `process.env`.
  const bare = new WeakSet();
  const DEFAULTS = { showHidden: false, depth: 2, colors: false, customInspect: true, showProxy: false, maxArrayLength: 100, maxStringLength: 10000, breakLength: 80, compact: 3, sorted: false, getters: false, numericSeparator: false };
  const WIDEST = 15;
  // Most bytes of a buffer that are shown: what `node:buffer` says.
  const bytesShown = { most: 50 };
  // Of a longer array only the entries are shown: to list its other keys, QuickJS makes a list of all.
  const MOST_INDICES = 1 << 17;

  // Programs may change both: which colour kinds of values have, and what switches colours on and off.
  const STYLES = Object.assign(Object.create(null), {
    special: "cyan", number: "yellow", bigint: "yellow", boolean: "yellow", undefined: "grey", null: "bold", string: "green", symbol: "green",
    date: "magenta", regexp: "red", module: "underline",
  });
  const COLOURS = Object.assign(Object.create(null), {
    reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], blink: [5, 25], inverse: [7, 27], hidden: [8, 28], strikethrough: [9, 29],
    doubleunderline: [21, 24], black: [30, 39], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], magenta: [35, 39], cyan: [36, 39],
    white: [37, 39], bgBlack: [40, 49], bgRed: [41, 49], bgGreen: [42, 49], bgYellow: [43, 49], bgBlue: [44, 49], bgMagenta: [45, 49], bgCyan: [46, 49],
    bgWhite: [47, 49], framed: [51, 54], overlined: [53, 55], gray: [90, 39], redBright: [91, 39], greenBright: [92, 39], yellowBright: [93, 39],
    blueBright: [94, 39], magentaBright: [95, 39], cyanBright: [96, 39], whiteBright: [97, 39], bgGray: [100, 49], bgRedBright: [101, 49],
    bgGreenBright: [102, 49], bgYellowBright: [103, 49], bgBlueBright: [104, 49], bgMagentaBright: [105, 49], bgCyanBright: [106, 49], bgWhiteBright: [107, 49],
  });
  // Other names of some, which a list of the names does not have.
  for (const [name, other] of [["gray", "grey"], ["gray", "blackBright"], ["bgGray", "bgGrey"], ["bgGray", "bgBlackBright"], ["dim", "faint"], ["strikethrough", "crossedout"], ["strikethrough", "strikeThrough"], ["strikethrough", "crossedOut"], ["hidden", "conceal"], ["inverse", "swapColors"], ["inverse", "swapcolors"], ["doubleunderline", "doubleUnderline"]]) {
    Object.defineProperty(COLOURS, other, { get() { return this[name]; }, set(value) { this[name] = value; }, configurable: true });
  }
  const ESCAPES = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\" };

  // Characters that take two columns, first and last of each range; and such that take none.
  const WIDE = [
    0x1100, 0x115f, 0x2329, 0x232a, 0x2e80, 0x303e, 0x3040, 0x3247, 0x3250, 0x4dbf, 0x4e00, 0xa4c6, 0xa960, 0xa97c, 0xac00, 0xd7a3, 0xf900, 0xfaff,
    0xfe10, 0xfe19, 0xfe30, 0xfe6b, 0xff01, 0xff60, 0xffe0, 0xffe6, 0x1b000, 0x1b001, 0x1f200, 0x1f251, 0x1f300, 0x1f64f, 0x1f900, 0x1f9ff, 0x20000, 0x3fffd,
  ];

  // How many columns of a terminal a text takes.
  function widthOf(text) {
    if (/^[\x20-\x7e]*$/.test(text)) return text.length;
    let width = 0;
    for (const character of without(text).normalize("NFC")) {
      const code = character.codePointAt(0);
      if (/[\p{Cc}\p{Mn}\p{Me}\u200b-\u200f\ufe00-\ufe0f]/u.test(character)) continue;
      width += code >= WIDE[0] && WIDE.some((first, i) => i % 2 === 0 && code >= first && code <= WIDE[i + 1]) ? 2 : 1;
    }
    return width;
  }

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

  // With `_` after each three digits, before the point and behind it.
  function separated(text) {
    const [whole, part] = text.split(".");
    if (/e|Inf|NaN/.test(text)) return text;
    const front = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "_");
    return part === undefined ? front : `${front}.${part.replace(/(\d{3})(?=\d)/g, "$1_")}`;
  }

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
      const code = COLOURS[STYLES[kind]];
      if (code === undefined) return text;
      const [on, off] = code;
      return `\u001b[${on}m${text}\u001b[${off}m`;
    }

    primitive(value) {
      if (value === null) return this.style("null", "null");
      switch (typeof value) {
        case "string": return this.string(value);
        case "number": return this.style(this.digits(number(value)), "number");
        case "bigint": return this.style(`${this.digits(`${value}`)}n`, "bigint");
        default: return this.style(String(value), typeof value);
      }
    }

    digits(text) {
      return this.numericSeparator ? separated(text) : text;
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
      if (hidden?.[0] === "proxy") {
        if (bare.has(value)) return this.value({ ...value }, level);
        if (!this.showProxy) return `Proxy(${this.value(hidden[1], level)})`;
        if (level > this.depth) return this.style("Proxy [Array]", "special");
        this.deepest = level;
        const both = hidden.slice(1).map((part) => this.nested(part, level + 1));
        return this.join(both, { braces: ["Proxy [", "]"], isList: true }, level);
      }
      const own = this.customInspect ? value[custom] : undefined;
      if (typeof own === "function" && own !== inspect) {
        const shown = call.call(own, value, this.depth - level, { ...this, stylize: (text, kind) => this.style(`${text}`, kind) }, inspect);
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
      const own = shape.keys.map((key) => this.property(value, key, level + 1));
      if (this.sorted) own.sort(this.sorted === true ? undefined : this.sorted);
      for (const text of own) output.push(text);
      this.open.delete(value);
      const reference = this.referred.get(value);
      if (reference === undefined) return this.join(output, shape, level, value);
      const mark = this.style(`<ref *${reference}>`, "special");
      if (this.compact === true) return `${mark} ${this.join(output, shape, level, value)}`;
      return this.join(output, { ...shape, base: shape.base ? `${mark} ${shape.base}` : mark }, level, value);
    }

    nested(value, level, indent = 2) {
      this.indent += indent;
      const text = this.value(value, level);
      this.indent -= indent;
      return text;
    }

    property(object, key, level) {
      const { value, get, set, enumerable } = getOwnPropertyDescriptor(object, key) ?? { value: object[key], enumerable: true };
      let text;
      if (get !== undefined && this.reads(set)) text = this.got(object, get, set, level);
      else if (get !== undefined) text = this.style(set === undefined ? "[Getter]" : "[Getter/Setter]", "special");
      else if (set !== undefined) text = this.style("[Setter]", "special");
      else text = this.nested(value, level);
      if (enumerable === false) return `[${String(key)}]: ${text}`;
      if (typeof key === "symbol") return `${this.style(String(key), "symbol")}: ${text}`;
      if (key === "__proto__") return `['__proto__']: ${text}`;
      return `${/^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key) ? key : this.style(quote(key), "string")}: ${text}`;
    }

    reads(set) {
      return this.getters === true || this.getters === (set === undefined ? "get" : "set");
    }

    // What a getter gives, where that was asked for.
    got(object, get, set, level) {
      const label = set === undefined ? "Getter" : "Getter/Setter";
      const open = (text) => this.style(`[${label}${text}`, "special");
      try {
        const value = call.call(get, object);
        if (value !== null && typeof value === "object") return `${open("]")} ${this.nested(value, level)}`;
        const text = typeof value === "function" ? this.nested(value, level) : this.primitive(value);
        return `${open(":")} ${text}${this.style("]", "special")}`;
      } catch (error) {
        return open(`: <Inspection threw (${error?.message})>]`);
      }
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
      let left = setSize(set);
      for (const value of setValues(set)) {
        if (setSize(set) - left >= this.maxArrayLength) return yield more(left, "item");
        left -= 1;
        yield this.nested(value, level);
      }
    }

    *pairs(map, level) {
      let left = mapSize(map);
      for (const [key, value] of mapEntries(map)) {
        if (mapSize(map) - left >= this.maxArrayLength) return yield more(left, "item");
        left -= 1;
        yield `${this.nested(key, level)} => ${this.nested(value, level)}`;
      }
    }

    // One line if it fits, otherwise one line for each entry, or columns.
    join(output, { base = "", braces: [open, close], isList }, level, value) {
      const before = base === "" ? "" : `${base} `;
      if (output.length === 0) return isList || base === "" ? `${before}${open}${close}` : base;
      const length = (text) => (this.colors ? without(text).length : text.length);
      if (this.compact === true) return this.packed(output, before, open, close, length);
      const groups = typeof this.compact === "number" && this.compact >= 1;
      const rows = groups && isList && output.length > 6 ? this.columns(output, value) : output;
      if (groups && rows === output && this.deepest - level < this.compact && !base.includes("\n")) {
        const fixed = 2 * output.length + this.indent + open.length + base.length + 10;
        const total = output.reduce((sum, entry) => sum + length(entry), fixed);
        if (total <= this.breakLength && !output.some((entry) => entry.includes("\n"))) {
          return `${before}${open} ${output.join(", ")} ${close}`;
        }
      }
      const line = `\n${" ".repeat(this.indent)}`;
      return `${before}${open}${line}  ${rows.join(`,${line}  `)}${line}${close}`;
    }

    // As much on a line as fits, in the way of `compact: true`.
    packed(output, before, open, close, length) {
      const total = output.reduce((sum, entry) => sum + length(entry), output.length + open.length + before.length);
      if (total + output.length <= this.breakLength && !output.some((entry) => entry.includes("\n"))) return `${open}${before && ` ${before.trimEnd()}`} ${output.join(", ")} ${close}`;
      const line = `\n${" ".repeat(this.indent)}`;
      const first = before === "" && open.length === 1 ? " " : `${before && ` ${before.trimEnd()}`}\n${line}  `;
      return `${open}${first}${output.join(`,${line}  `)} ${close}`;
    }

    // Many short entries in columns: about two and a half times as wide as high, numbers to the right.
    columns(output, value) {
      const isCut = output.length > this.maxArrayLength;
      const cells = isCut ? output.slice(0, -1) : output;
      const widths = cells.map((cell) => widthOf(cell) + 2);
      const widest = widths.reduce((most, width) => Math.max(most, width), 0);
      const total = widths.reduce((sum, width) => sum + width, 0);
      const fits = widest * 3 + this.indent < this.breakLength && (total / widest > 5 || widest <= 8);
      const likely = Math.max(widest - 3 - Math.sqrt(widest - total / output.length), 1);
      const square = Math.round(Math.sqrt(2.5 * likely * cells.length) / likely);
      const count = Math.min(square, Math.floor((this.breakLength - this.indent) / widest), 4 * this.compact, WIDEST);
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

  // Of promises it is an accessor where a program has an `AsyncLocalStorage`.
  const NativePromise = Promise;
  const PROMISES = Promise.prototype;
  const constructorOf = (at) => {
    const property = getOwnPropertyDescriptor(at, "constructor");
    return property !== undefined && at === PROMISES && property.get !== undefined ? NativePromise : property?.value;
  };

  function classOf(value) {
    for (let at = value; at !== null; at = getPrototypeOf(at)) {
      const constructor = constructorOf(at);
      const prototype = typeof constructor === "function" ? constructor.prototype : undefined;
      if (((typeof prototype === "object" && prototype !== null) || typeof prototype === "function") && constructor.name !== "" && value instanceof constructor) {
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
    const names = inspection.showHidden ? getOwnPropertyNames : ownKeys;
    const symbols = getOwnPropertySymbols(value).filter((key) => inspection.showHidden || getOwnPropertyDescriptor(value, key)?.enumerable);
    const strings = (length) => (length > MOST_INDICES ? [] : names(value).filter((key) => !isIndex(key, length)));
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
    if (isMap(value)) return list("Map", mapSize(value), inspection.pairs, all, ["{", "}"]);
    if (isSet(value)) return list("Set", setSize(value), inspection.members, all, ["{", "}"]);
    if (isList) {
      if (globalThis.Buffer !== undefined && value instanceof Buffer) return { whole: showBuffer(inspection, value, named(value.length)) };
      return list(typedName(value), value.length, inspection.elements, named(value.length), ["[", "]"]);
    }
    if (value instanceof Error || toTag(value) === "[object Error]") return describeError(inspection, value, all);
    const prefixed = (kind, text) => {
      const prefix = prefixOf(value, kind);
      return prefix === `${kind} ` ? text : prefix + text;
    };
    if (value instanceof RegExp) return based(prefixed("RegExp", RegExp.prototype.toString.call(value)), "regexp");
    if (value instanceof Date) return based(prefixed("Date", Number.isNaN(+value) ? "Invalid Date" : Date.prototype.toISOString.call(value)), "date");
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
      return entries((level) => [`[Uint8Contents]: <${hex(new Uint8Array(value), inspection.maxArrayLength)}>`, field("byteLength", value.byteLength, level)]);
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
    const own = classOf(value);
    const tag = tagOf(value, own).trimEnd();
    const name = getOwnPropertyDescriptor(value, "name")?.value;
    const shown = typeof name === "string" && name !== "" ? name : undefined;
    if (source.startsWith("class") && source.endsWith("}")) {
      const parent = own === null ? "[null prototype]" : getPrototypeOf(value)?.name;
      return `[class ${shown ?? "(anonymous)"}${own === "Function" || own === null ? "" : ` [${own}]`}${parent ? ` extends ${parent}` : ""}]`;
    }
    const kind = /^\[object (.*Function)\]$/.exec(toTag(value))?.[1] ?? "Function";
    const base = `[${kind}${own === null ? " (null prototype)" : ""}${shown === undefined ? " (anonymous)" : `: ${shown}`}]`;
    return base + (own === kind || own === null ? "" : ` ${own}`) + (tag === "" || tag === `[${kind}]` ? "" : ` ${tag}`);
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
      const own = classOf(value);
      return [`[${type.name}${own === type.name ? "" : ` (${own})`}: ${text}]`, typeof inner, named(typeof inner === "string" ? inner.length : 0)];
    }
    return undefined;
  }

  const hex = (bytes, most) => {
    const shown = Array.from(bytes.subarray(0, most), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return bytes.length > most ? `${shown} ${more(bytes.length - most, "byte")}` : shown;
  };

  function showBuffer(inspection, buffer, keys) {
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    const parts = buffer.length > 0 && bytesShown.most > 0 ? [hex(bytes, bytesShown.most)] : buffer.length > 0 ? [more(buffer.length, "byte")] : [];
    if (keys.length > 0) {
      const inner = new Inspection({ ...inspection, breakLength: Infinity, compact: true });
      parts.push(...keys.map((key) => inner.property(buffer, key, 1)));
    }
    return `<${classOf(buffer)} ${parts.join(", ")}>`;
  }

  // A stack whose first line has the class of the error, where its name does not say it.
  function withClass(error, stack, name) {
    let [said, kind] = [name, "Error"];
    if (classOf(error) === null) {
      said = (/^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n {4}at)/.exec(stack) ?? /^([a-z_A-Z0-9-]*Error)$/.exec(stack))?.[1] ?? "";
      kind = said || kind;
    } else if (!name.endsWith("Error") || !stack.startsWith(name) || !/^(:|\n|$)/.test(stack.slice(name.length))) {
      return stack;
    }
    const prefix = prefixOf(error, kind).trimEnd();
    if (name === prefix) return stack;
    const rest = stack.slice(said.length);
    if (!prefix.includes(name)) return `${prefix} [${name}]${rest}`;
    return said === "" ? `${prefix}: ${rest}` : prefix + rest;
  }

  function describeError(inspection, error, all) {
    const get = (key) => {
      try {
        return error[key];
      } catch {
        return undefined;
      }
    };
    const [name, message] = [get("name"), get("message")];
    const given = stackOf(error);
    const stack = typeof given === "string" ? given : `${headOf(error)}\n    ${inspection.nested(given, 1, 4)}`;
    const saysIt = (value) => typeof value !== "string" || stack.includes(value);
    const keys = all.filter((key) => key !== "stack" && !(key === "message" && saysIt(message)) && !(key === "name" && saysIt(name)));
    const extra = ["cause", "errors"].filter((key) => Object.hasOwn(error, key) && !keys.includes(key));
    const text = withClass(error, stack, String(name ?? "Error"));
    const behind = typeof message === "string" && message !== "" ? text.indexOf(message) + message.length : 0;
    const base = (text.indexOf("\n    at", behind) === -1 ? `[${text}]` : text).replaceAll("\n", `\n${" ".repeat(inspection.indent)}`);
    if (keys.length + extra.length === 0) return { whole: base };
    const entries = (level) => extra.map((key) => `[${key}]: ${inspection.nested(error[key], level)}`);
    return { name, base, braces: ["{", "}"], keys, entries };
  }

  const inspect = (value, options, ...older) =>
    new Inspection(typeof options === "boolean" ? { depth: older[0], colors: older[1] } : options).value(value, 0);
  inspect.custom = custom;
  Object.defineProperty(inspect, "defaultOptions", {
    get: () => DEFAULTS,
    set(options) {
      use("node/errors").validateObject(options, "options");
      Object.assign(DEFAULTS, options);
    },
    configurable: true,
  });
  inspect.colors = COLOURS;
  inspect.styles = STYLES;

  // Whether `toString` is what the language gives, and so says little.
  const NATIVE = new Set("AggregateError Array ArrayBuffer BigInt Boolean DataView Date Error EvalError Function Map Number Object Promise RangeError ReferenceError RegExp Set SharedArrayBuffer String Symbol SyntaxError TypeError URIError WeakMap WeakRef WeakSet".split(" "));

  function hasNativeToString(value) {
    if (look(value) !== undefined) return true;
    if (typeof value.toString !== "function") return true;
    if (Object.hasOwn(value, "toString") || Object.hasOwn(value, Symbol.toPrimitive)) return false;
    let at = getPrototypeOf(value);
    while (at !== null && !Object.hasOwn(at, "toString")) at = getPrototypeOf(at);
    const constructor = at === null ? undefined : constructorOf(at);
    return typeof constructor === "function" && NATIVE.has(constructor.name);
  }

  function shownAsString(value) {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "number") return number(value);
    if (typeof value !== "object" || value === null || !hasNativeToString(value)) return String(value);
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
    j: toJson, o: (value, options) => inspect(value, { ...options, depth: 4, showHidden: true, showProxy: true }), O: (value, options) => inspect(value, options), c: () => "",
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
    const widths = rows[0].map((_, i) => rows.reduce((most, row) => Math.max(most, widthOf(row[i])), 0) + 2);
    const rule = (left, cross, right) => left + widths.map((width) => "─".repeat(width)).join(cross) + right;
    const [head, ...body] = rows.map((row) => `│${row.map((cell, i) => ` ${cell}${" ".repeat(widths[i] - 1 - widthOf(cell))}`).join("│")}│`);
    return [rule("┌", "┬", "┐"), head, rule("├", "┼", "┤"), ...body, rule("└", "┴", "┘")].join("\n");
  }

  return { bare, bytesShown, inspect, formatWithOptions: (options, ...values) => { use("node/errors").validateObject(options, "inspectOptions"); return formatWithOptions(options, ...values); }, format: (...values) => formatWithOptions({}, ...values), table };
};
