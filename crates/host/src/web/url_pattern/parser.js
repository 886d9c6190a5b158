// Patterns of one component of a URL, by the URL Pattern standard: text to parts, parts to a regular expression.
() => {
  const NAME_START = /[$_\p{ID_Start}]/u;
  const NAME_PART = /[$\u200c\u200d\p{ID_Continue}]/u;
  const FULL_WILDCARD = ".*";

  // Tokens `{ type, index, value }`. What cannot be one is an error, or `invalid-char` where that is allowed.
  function tokenize(input, isLenient = false) {
    const characters = Array.from(input);
    const tokens = [];
    let at = 0;
    const add = (type, next, from, to) => {
      tokens.push({ type, index: at, value: characters.slice(from, to).join("") });
      at = next;
    };
    const invalid = (next, from) => {
      if (!isLenient) throw new TypeError(`the pattern "${input}" cannot be read at ${from}`);
      add("invalid-char", next, from, next);
    };
    while (at < characters.length) {
      const character = characters[at];
      if (character === "*") add("asterisk", at + 1, at, at + 1);
      else if (character === "+" || character === "?") add("other-modifier", at + 1, at, at + 1);
      else if (character === "{") add("open", at + 1, at, at + 1);
      else if (character === "}") add("close", at + 1, at, at + 1);
      else if (character === "\\") {
        if (at === characters.length - 1) invalid(at + 1, at);
        else add("escaped-char", at + 2, at + 1, at + 2);
      } else if (character === ":") {
        let end = at + 1;
        while (end < characters.length && (end === at + 1 ? NAME_START : NAME_PART).test(characters[end])) end++;
        if (end === at + 1) invalid(end, at);
        else add("name", end, at + 1, end);
      } else if (character === "(") {
        const end = endOfRegexp(characters, at);
        if (end === undefined) invalid(at + 1, at);
        else add("regexp", end, at + 1, end - 1);
      } else {
        add("char", at + 1, at, at + 1);
      }
    }
    add("end", at, at, at);
    return tokens;
  }

  // Behind the bracket that closes; nothing where a regular expression is none that a pattern may have.
  function endOfRegexp(characters, start) {
    let depth = 1;
    let at = start + 1;
    for (; at < characters.length; at++) {
      const character = characters[at];
      if (character > "\x7f" || (at === start + 1 && character === "?")) return undefined;
      if (character === "\\") {
        at += 1;
        if (at === characters.length || characters[at] > "\x7f") return undefined;
      } else if (character === ")") {
        depth -= 1;
        if (depth === 0) return at === start + 1 ? undefined : at + 1;
      } else if (character === "(") {
        depth += 1;
        if (at === characters.length - 1 || characters[at + 1] !== "?") return undefined;
      }
    }
    return undefined;
  }

  const escapeRegexp = (text) => text.replace(/[.+*?^${}()[\]|/\\]/g, "\\$&");
  const escapePattern = (text) => text.replace(/[+*?:{}()\\]/g, "\\$&");
  const segmentWildcard = ({ delimiter }) => (delimiter === "" ? ".+?" : `[^${escapeRegexp(delimiter)}]+?`);

  // Parts `{ type, value, modifier, name, prefix, suffix }`; `encode` brings fixed text into the form of URLs.
  class Parser {
    parts = [];
    pending = "";
    nextName = 0;
    at = 0;

    constructor(input, options, encode) {
      this.tokens = tokenize(input);
      this.input = input;
      this.options = options;
      this.encode = encode;
      this.segment = segmentWildcard(options);
    }

    take(type) {
      const token = this.tokens[this.at];
      if (token.type !== type) return undefined;
      this.at += 1;
      return token;
    }

    need(type) {
      const token = this.take(type);
      if (token === undefined) throw new TypeError(`the pattern "${this.input}" lacks "${type}" at ${this.tokens[this.at].index}`);
      return token;
    }

    wildcard(name) {
      const token = this.take("regexp");
      return token === undefined && name === undefined ? this.take("asterisk") : token;
    }

    modifier() {
      const token = this.take("other-modifier") ?? this.take("asterisk");
      return token === undefined ? "" : token.value;
    }

    parse() {
      while (this.at < this.tokens.length) {
        const char = this.take("char");
        const name = this.take("name");
        const wildcard = this.wildcard(name);
        if (name !== undefined || wildcard !== undefined) {
          let prefix = char?.value ?? "";
          if (prefix !== "" && prefix !== this.options.prefix) {
            this.pending += prefix;
            prefix = "";
          }
          this.fix();
          this.add(prefix, name, wildcard, "", this.modifier());
          continue;
        }
        const fixed = char ?? this.take("escaped-char");
        if (fixed !== undefined) {
          this.pending += fixed.value;
          continue;
        }
        if (this.take("open") !== undefined) {
          const prefix = this.text();
          const inner = this.take("name");
          const pattern = this.wildcard(inner);
          const suffix = this.text();
          this.need("close");
          this.add(prefix, inner, pattern, suffix, this.modifier());
          continue;
        }
        this.fix();
        this.need("end");
      }
      return this.parts;
    }

    text() {
      let text = "";
      for (let token; (token = this.take("char") ?? this.take("escaped-char")) !== undefined; ) text += token.value;
      return text;
    }

    fix() {
      if (this.pending === "") return;
      const value = this.encode(this.pending);
      this.pending = "";
      this.parts.push({ type: "fixed", value, modifier: "", name: "", prefix: "", suffix: "" });
    }

    add(prefix, name, wildcard, suffix, modifier) {
      if (name === undefined && wildcard === undefined && modifier === "") {
        this.pending += prefix;
        return;
      }
      this.fix();
      if (name === undefined && wildcard === undefined) {
        if (prefix === "") return;
        this.parts.push({ type: "fixed", value: this.encode(prefix), modifier, name: "", prefix: "", suffix: "" });
        return;
      }
      let value = wildcard === undefined ? this.segment : wildcard.type === "asterisk" ? FULL_WILDCARD : wildcard.value;
      let type = "regexp";
      if (value === this.segment) [type, value] = ["segment", ""];
      else if (value === FULL_WILDCARD) [type, value] = ["full", ""];
      const label = name?.value ?? String(this.nextName++);
      if (this.parts.some((part) => part.name === label)) throw new TypeError(`the pattern "${this.input}" has the name "${label}" twice`);
      this.parts.push({ type, value, modifier, name: label, prefix: this.encode(prefix), suffix: this.encode(suffix) });
    }
  }

  function toRegexp(parts, options) {
    let source = "^";
    const names = [];
    for (const { type, value, modifier, name, prefix, suffix } of parts) {
      if (type === "fixed") {
        source += modifier === "" ? escapeRegexp(value) : `(?:${escapeRegexp(value)})${modifier}`;
        continue;
      }
      names.push(name);
      const inner = type === "segment" ? segmentWildcard(options) : type === "full" ? FULL_WILDCARD : value;
      const [before, after] = [escapeRegexp(prefix), escapeRegexp(suffix)];
      if (prefix === "" && suffix === "") source += modifier === "" || modifier === "?" ? `(${inner})${modifier}` : `((?:${inner})${modifier})`;
      else if (modifier === "" || modifier === "?") source += `(?:${before}(${inner})${after})${modifier}`;
      else source += `(?:${before}((?:${inner})(?:${after}${before}(?:${inner}))*)${after})${modifier === "*" ? "?" : ""}`;
    }
    return { source: `${source}$`, names };
  }

  const isCustom = (name) => name !== "" && !/^\d/.test(name);

  function toPattern(parts, options) {
    let text = "";
    parts.forEach((part, i) => {
      const { type, value, modifier, name, prefix, suffix } = part;
      const [before, after] = [parts[i - 1], parts[i + 1]];
      if (type === "fixed") {
        text += modifier === "" ? escapePattern(value) : `{${escapePattern(value)}}${modifier}`;
        return;
      }
      let isGrouped = suffix !== "" || (prefix !== "" && prefix !== options.prefix);
      if (!isGrouped && isCustom(name) && type === "segment" && modifier === "" && after !== undefined && after.prefix === "" && after.suffix === "") {
        isGrouped = after.type === "fixed" ? NAME_PART.test(Array.from(after.value)[0] ?? "") : /^\d/.test(after.name);
      }
      if (!isGrouped && prefix === "" && before?.type === "fixed" && options.prefix !== "" && Array.from(before.value).at(-1) === options.prefix) isGrouped = true;
      if (isGrouped) text += "{";
      text += escapePattern(prefix);
      if (isCustom(name)) text += `:${name}`;
      if (type === "regexp") text += `(${value})`;
      else if (type === "segment" && !isCustom(name)) text += `(${segmentWildcard(options)})`;
      else if (type === "full") {
        const isPlain = !isCustom(name) && (before === undefined || before.type === "fixed" || before.modifier !== "" || isGrouped || prefix !== "");
        text += isPlain ? "*" : `(${FULL_WILDCARD})`;
      }
      if (type === "segment" && isCustom(name) && suffix !== "" && NAME_PART.test(Array.from(suffix)[0])) text += "\\";
      text += escapePattern(suffix);
      if (isGrouped) text += "}";
      text += modifier;
    });
    return text;
  }

  // A component: what it matches, the names of its groups, its text in the normal form.
  function compile(input, encode, options) {
    const parts = new Parser(input, options, encode).parse();
    const { source, names } = toRegexp(parts, options);
    let regexp;
    try {
      regexp = new RegExp(source, options.ignoreCase ? "vi" : "v");
    } catch (error) {
      throw new TypeError(`the pattern "${input}" has a regular expression that is none: ${error.message}`);
    }
    return { regexp, names, pattern: toPattern(parts, options), hasRegExpGroups: parts.some(({ type }) => type === "regexp") };
  }

  return { compile, escapePattern, tokenize };
};
