// `Intl`, of one language: English, as in the United States. What a program asks of others it gets of this one.
(native, use) => {
  const LOCALE = "en-US";
  const { defineProperty } = Object;
  const range = (Class, message) => { throw new Class(message); };

  function localesOf(given) {
    if (given === undefined) return [];
    const list = typeof given === "string" || given instanceof Locale ? [given] : Array.from(given);
    return list.map((tag) => {
      if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) range(TypeError, "Incorrect locale information provided");
      const text = `${tag}`;
      if (!/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(text)) range(RangeError, `Incorrect locale information provided`);
      const [language, ...others] = text.split("-");
      let isMore = false;
      return [language.toLowerCase(), ...others.map((part) => {
        isMore ||= part.length === 1;
        if (isMore) return part.toLowerCase();
        if (part.length === 4 && /^[A-Za-z]/.test(part)) return part[0].toUpperCase() + part.slice(1).toLowerCase();
        return part.length === 2 ? part.toUpperCase() : part.toLowerCase();
      })].join("-");
    });
  }

  // One of the values that an option may have.
  function pick(options, name, values, otherwise) {
    const value = options?.[name];
    if (value === undefined) return otherwise;
    const text = `${value}`;
    if (values !== undefined && !values.includes(text)) range(RangeError, `Value ${text} out of range for Intl options property ${name}`);
    return text;
  }

  // English where the program asks for some of it, and where it asks for what is not there.
  const resolved = (locales) => localesOf(locales).find((tag) => /^en(-|$)/.test(tag)) ?? LOCALE;
  const supported = (locales) => localesOf(locales).filter((tag) => /^en(-|$)/.test(tag));

  function finish(Class, name) {
    defineProperty(Class.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
    defineProperty(Class, "supportedLocalesOf", { value: supported, writable: true, configurable: true });
  }

  class Locale {
    #tag;
    constructor(tag, options = undefined) {
      [this.#tag] = localesOf([tag]);
      const { region } = options ?? {};
      if (region !== undefined) this.#tag = [this.language, region].join("-");
    }
    get baseName() { return this.#tag.split(/-[a-z0-9](?:-|$)/)[0]; }
    get language() { return this.#tag.split("-")[0]; }
    get region() { return this.#tag.split("-").slice(1).find((part) => /^([A-Z]{2}|\d{3})$/.test(part)); }
    get script() { return this.#tag.split("-").slice(1).find((part) => /^[A-Z][a-z]{3}$/.test(part)); }
    maximize() { return this; }
    minimize() { return this; }
    toString() { return this.#tag; }
  }

  // ---- Texts in pieces

  // A character as people see it.
  const CLUSTER = /\r\n|\p{RI}\p{RI}|\p{Extended_Pictographic}[\p{M}\u200d\ufe0f\p{EMod}]*(?:(?<=\u200d)\p{Extended_Pictographic}[\p{M}\u200d\ufe0f\p{EMod}]*)*[\u{e0020}-\u{e007f}]*|[\u1100-\u115f]*(?:[\uac00-\ud7a3]|[\u1160-\u11a7]+)?[\u11a8-\u11ff]+[\p{M}\u200d]*|[^\r\n\p{Cc}][\p{M}\u200c\u200d\p{EMod}]*|[^]/uy;
  const WORD = /[\p{L}\p{N}\p{M}_](?:[\p{L}\p{N}\p{M}_\u200d]|['’.:·](?=\p{L})(?<=\p{L}.)|[.,;'](?=\p{N})(?<=\p{N}.))*|\r\n|[ \t]+|[^]\p{M}*/uy;
  const SENTENCE = /[^.!?\n]*(?:[.!?]+["'’”)\]]*\s*|\n|$)/uy;

  class Segments {
    #text;
    #granularity;
    constructor(text, granularity) {
      this.#text = text;
      this.#granularity = granularity;
    }
    *[Symbol.iterator]() {
      const [text, granularity] = [this.#text, this.#granularity];
      const { source, flags } = { grapheme: CLUSTER, word: WORD, sentence: SENTENCE }[granularity];
      const pattern = new RegExp(source, flags);
      while (pattern.lastIndex < text.length) {
        const index = pattern.lastIndex;
        const [segment] = pattern.exec(text) ?? [text.slice(index)];
        pattern.lastIndex = index + Math.max(segment.length, 1);
        yield { segment: segment || text[index], index, input: text, ...(granularity === "word" ? { isWordLike: /[\p{L}\p{N}]/u.test(segment) } : {}) };
      }
    }
    containing(index = 0) {
      const at = Math.trunc(index) || 0;
      if (at < 0 || at >= this.#text.length) return undefined;
      for (const piece of this) if (at < piece.index + piece.segment.length) return piece;
      return undefined;
    }
  }

  class Segmenter {
    #granularity;
    #locale;
    constructor(locales = undefined, options = undefined) {
      this.#locale = resolved(locales);
      this.#granularity = pick(options, "granularity", ["grapheme", "word", "sentence"], "grapheme");
    }
    segment(text) { return new Segments(`${text}`, this.#granularity); }
    resolvedOptions() { return { locale: this.#locale, granularity: this.#granularity }; }
  }

  // ---- Lists, plurals, order

  class ListFormat {
    #settings;
    constructor(locales = undefined, options = undefined) {
      this.#settings = { locale: resolved(locales), type: pick(options, "type", ["conjunction", "disjunction", "unit"], "conjunction"), style: pick(options, "style", ["long", "short", "narrow"], "long") };
    }
    formatToParts(list) {
      const all = Array.from(list, (value) => (typeof value === "string" ? value : range(TypeError, `Iterable yielded ${String(value)} which is not a string`)));
      const { type, style } = this.#settings;
      const between = type === "unit" && style === "narrow" ? " " : ", ";
      const word = type === "disjunction" ? "or" : style === "long" || style === undefined ? "and" : style === "short" ? "&" : "";
      const last = type === "unit" ? between : all.length === 2 ? (word === "" ? ", " : ` ${word} `) : word === "" ? ", " : `, ${word} `;
      return all.flatMap((value, i) => [...(i === 0 ? [] : [{ type: "literal", value: i === all.length - 1 ? last : between }]), { type: "element", value }]);
    }
    format(list) { return this.formatToParts(list).map(({ value }) => value).join(""); }
    resolvedOptions() { return { ...this.#settings }; }
  }

  class PluralRules {
    #settings;
    constructor(locales = undefined, options = undefined) { this.#settings = { locale: resolved(locales), type: pick(options, "type", ["cardinal", "ordinal"], "cardinal") }; }
    select(value) {
      const number = Number(value);
      if (this.#settings.type === "cardinal") return number === 1 ? "one" : "other";
      const [ones, tens] = [number % 10, number % 100];
      if (ones === 1 && tens !== 11) return "one";
      if (ones === 2 && tens !== 12) return "two";
      return ones === 3 && tens !== 13 ? "few" : "other";
    }
    resolvedOptions() { return { ...this.#settings, pluralCategories: this.#settings.type === "cardinal" ? ["one", "other"] : ["few", "one", "two", "other"] }; }
  }

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "");
  // The classes of characters in their order: spaces and signs, digits, letters.
  const rank = (unit) => (/\s/.test(unit) ? 0 : /[\p{L}]/u.test(unit) ? 3 : /\p{N}/u.test(unit) ? 2 : 1);
  function compareTexts(a, b) {
    const [left, right] = [[...a], [...b]];
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      if (left[i] === right[i]) continue;
      const order = rank(left[i]) - rank(right[i]);
      return order === 0 ? (left[i] < right[i] ? -1 : 1) : order;
    }
    return left.length - right.length;
  }

  class Collator {
    #settings;
    #compare;
    constructor(locales = undefined, options = undefined) {
      this.#settings = {
        locale: resolved(locales), usage: pick(options, "usage", ["sort", "search"], "sort"), sensitivity: pick(options, "sensitivity", ["base", "accent", "case", "variant"], "variant"),
        ignorePunctuation: Boolean(options?.ignorePunctuation), collation: "default", numeric: Boolean(options?.numeric), caseFirst: pick(options, "caseFirst", ["upper", "lower", "false"], "false"),
      };
    }
    get compare() { return (this.#compare ??= (a, b) => Math.sign(this.#order(`${a}`, `${b}`))); }
    #order(a, b) {
      const { sensitivity, numeric, ignorePunctuation, caseFirst } = this.#settings;
      if (ignorePunctuation) [a, b] = [a, b].map((text) => text.replace(/[\p{P}\s]/gu, ""));
      const lower = (text) => plain(text).toLowerCase();
      let order = 0;
      if (numeric) {
        const [left, right] = [lower(a), lower(b)].map((text) => text.match(/\d+|\D+/g) ?? []);
        for (let i = 0; order === 0 && i < Math.min(left.length, right.length); i++) {
          const areNumbers = /^\d/.test(left[i]) && /^\d/.test(right[i]);
          order = areNumbers ? Number(left[i]) - Number(right[i]) : compareTexts(left[i], right[i]);
        }
        order ||= left.length - right.length;
      } else order = compareTexts(lower(a), lower(b));
      if (order !== 0 || sensitivity === "base") return order;
      if (sensitivity !== "case") order = compareTexts(a.normalize("NFD").toLowerCase(), b.normalize("NFD").toLowerCase());
      if (order !== 0 || sensitivity === "accent") return order;
      // Small letters come first.
      return compareTexts(plain(b), plain(a)) * (caseFirst === "upper" ? -1 : 1);
    }
    resolvedOptions() { return { ...this.#settings }; }
  }

  // ---- Numbers

  const CURRENCIES = { USD: "$", EUR: "€", GBP: "£", JPY: "¥", INR: "₹", CNY: "CN¥", KRW: "₩", BRL: "R$", CAD: "CA$", AUD: "A$", MXN: "MX$", NZD: "NZ$", ILS: "₪", VND: "₫", TWD: "NT$", HKD: "HK$" };
  const SHORT = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "K"]];
  const LONG = [[1e12, " trillion"], [1e9, " billion"], [1e6, " million"], [1e3, " thousand"]];

  function digitsOption(options, name, least, most) {
    const value = options?.[name];
    if (value === undefined) return undefined;
    const number = Number(value);
    if (!(number >= least && number <= most)) range(RangeError, `${name} value is out of range.`);
    return Math.floor(number);
  }

  class NumberFormat {
    #settings;
    #format;
    constructor(locales = undefined, options = undefined) {
      const style = pick(options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
      const currency = options?.currency === undefined ? undefined : `${options.currency}`.toUpperCase();
      if (style === "currency" && currency === undefined) range(TypeError, "Currency code is required with currency style.");
      const notation = pick(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
      const standard = style === "currency" ? (currency === "JPY" || currency === "KRW" || currency === "VND" ? [0, 0] : [2, 2]) : style === "percent" || notation === "compact" ? [0, 0] : [0, 3];
      const [least, most] = [digitsOption(options, "minimumFractionDigits", 0, 100), digitsOption(options, "maximumFractionDigits", 0, 100)];
      if (least > most) range(RangeError, "maximumFractionDigits value is out of range.");
      const grouping = options?.useGrouping;
      this.#settings = {
        locale: resolved(locales), numberingSystem: "latn", style, ...(style === "currency" ? { currency, currencyDisplay: pick(options, "currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol"), currencySign: "standard" } : {}),
        ...(style === "unit" ? { unit: pick(options, "unit"), unitDisplay: pick(options, "unitDisplay", ["short", "narrow", "long"], "short") } : {}),
        minimumIntegerDigits: digitsOption(options, "minimumIntegerDigits", 1, 21) ?? 1, minimumFractionDigits: least ?? Math.min(standard[0], most ?? standard[0]), maximumFractionDigits: most ?? Math.max(standard[1], least ?? 0),
        ...(options?.maximumSignificantDigits === undefined && options?.minimumSignificantDigits === undefined ? {} : { minimumSignificantDigits: digitsOption(options, "minimumSignificantDigits", 1, 21) ?? 1, maximumSignificantDigits: digitsOption(options, "maximumSignificantDigits", 1, 21) ?? 21 }),
        useGrouping: grouping === undefined ? (notation === "compact" ? "min2" : "auto") : grouping === true || grouping === "true" ? "always" : grouping, notation, ...(notation === "compact" ? { compactDisplay: pick(options, "compactDisplay", ["short", "long"], "short") } : {}),
        signDisplay: pick(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto"), roundingIncrement: 1, roundingMode: "halfExpand", roundingPriority: "auto", trailingZeroDisplay: "auto",
      };
    }

    // The digits of a number that is not negative.
    #digits(number, isCompact) {
      const { minimumIntegerDigits, minimumFractionDigits, maximumFractionDigits, minimumSignificantDigits, maximumSignificantDigits, useGrouping } = this.#settings;
      let text;
      if (typeof number === "bigint") text = String(number);
      else if (maximumSignificantDigits !== undefined) text = trimmed(wide(Number(number.toPrecision(maximumSignificantDigits))), 0, minimumSignificantDigits);
      else if (isCompact && maximumFractionDigits === 0 && number < 100) text = wide(Number(number.toPrecision(2)));
      else text = trimmed(fixed(number, maximumFractionDigits), minimumFractionDigits, 0);
      const [whole, fraction] = text.split(".");
      const padded = whole.padStart(minimumIntegerDigits, "0");
      const isGrouped = useGrouping !== false && useGrouping !== "false" && !(useGrouping === "min2" && padded.length < 5);
      return (isGrouped ? padded.replace(/\B(?=(\d{3})+$)/g, ",") : padded) + (fraction ? `.${fraction}` : "");
    }

    get format() { return (this.#format ??= (value) => this.#text(value)); }

    #text(given) {
      const { style, notation, compactDisplay, signDisplay, currency, currencyDisplay, unit, unitDisplay } = this.#settings;
      let number = typeof given === "bigint" ? given : Number(given);
      const isNegative = number < 0 || Object.is(number, -0);
      if (isNegative) number = -number;
      if (style === "percent") number = typeof number === "bigint" ? number * 100n : Number((number * 100).toPrecision(15));
      let [text, end] = ["", ""];
      if (Number.isNaN(number)) text = "NaN";
      else if (number === Infinity) text = "∞";
      else if (notation === "compact") {
        const [scale, name] = (compactDisplay === "long" ? LONG : SHORT).find(([least]) => number >= least) ?? [1, ""];
        [text, end] = [this.#digits(Number(number) / scale, true), name];
      } else if (notation === "scientific" || notation === "engineering") {
        let exponent = number === 0 ? 0 : Math.floor(Math.log10(Number(number)));
        if (notation === "engineering") exponent = Math.floor(exponent / 3) * 3;
        text = `${this.#digits(Number(number) / 10 ** exponent, false)}E${exponent}`;
      } else text = this.#digits(number, false);
      text += end;
      if (style === "percent") text += "%";
      if (style === "currency") text = currencyDisplay === "code" ? `${currency}\u00a0${text}` : currencyDisplay === "name" ? `${text} ${currency}` : CURRENCIES[currency] === undefined ? `${currency}\u00a0${text}` : `${currencyDisplay === "narrowSymbol" ? CURRENCIES[currency].replace(/^[A-Z]+/, "") : CURRENCIES[currency]}${text}`;
      if (style === "unit") text = unitDisplay === "long" ? `${text} ${unit}${number === 1 ? "" : "s"}` : `${text} ${UNITS[unit] ?? unit}`;
      const isZero = !/[1-9∞N]/.test(text);
      const sign = signDisplay === "never" ? "" : isNegative && !(isZero && signDisplay !== "auto" && signDisplay !== "always") ? "-" : signDisplay === "always" || (signDisplay === "exceptZero" && !isZero && text !== "NaN") ? "+" : "";
      return sign + text;
    }

    formatToParts(value) {
      const kinds = [["minusSign", "-"], ["plusSign", "\\+"], ["integer", "\\d+"], ["group", ","], ["decimal", "\\."], ["percentSign", "%"], ["infinity", "∞"], ["nan", "NaN"], ["literal", "\\s+"], ["currency", "[^\\d\\s.,%+-]+"]];
      let isFraction = false;
      return (this.format(value).match(new RegExp(kinds.map(([, pattern]) => pattern).join("|"), "g")) ?? []).map((text) => {
        let [type] = kinds.find(([, pattern]) => new RegExp(`^(?:${pattern})$`).test(text));
        if (type === "decimal") isFraction = true;
        else if (type === "integer" && isFraction) type = "fraction";
        else if (type === "currency" && this.#settings.notation === "compact" && this.#settings.style !== "currency") type = "compact";
        return { type, value: text };
      });
    }
    formatRange(start, end) { return `${this.format(start)}–${this.format(end)}`; }
    resolvedOptions() { return { ...this.#settings }; }
  }
  const UNITS = { byte: "byte", kilobyte: "kB", megabyte: "MB", gigabyte: "GB", terabyte: "TB", second: "sec", millisecond: "ms", minute: "min", hour: "hr", day: "days", kilometer: "km", meter: "m", kilogram: "kg", gram: "g", liter: "L", celsius: "°C" };

  // Digits without an exponent.
  function wide(number) {
    const text = String(number);
    if (!text.includes("e")) return text;
    const [digits, exponent] = text.split("e");
    return exponent > 0 ? String(BigInt(number)) : number.toFixed(Math.min(100, digits.replace(".", "").length - 1 - Number(exponent)));
  }
  // Half of the last digit goes up, in what a number looks like.
  function fixed(number, digits) {
    if (number >= 1e21) return String(BigInt(number));
    const text = wide(number);
    const at = text.indexOf(".");
    if (at < 0 || text.length - at - 1 <= digits) return digits > 0 ? number.toFixed(digits) : text;
    const kept = BigInt(text.slice(0, at) + text.slice(at + 1, at + 1 + digits)) + (text[at + 1 + digits] >= "5" ? 1n : 0n);
    const all = String(kept).padStart(digits + 1, "0");
    return digits === 0 ? all : `${all.slice(0, -digits)}.${all.slice(-digits)}`;
  }
  function trimmed(text, least, significant) {
    let [whole, fraction = ""] = text.split(".");
    while (fraction.length > least && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
    fraction = fraction.padEnd(least, "0");
    const count = (whole + fraction).replace(/^0+/, "").length;
    if (count < significant) fraction += "0".repeat(significant - Math.max(count, 1));
    return fraction === "" ? whole : `${whole}.${fraction}`;
  }

  // ---- Times

  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  const STYLES = {
    date: { full: { weekday: "long", year: "numeric", month: "long", day: "numeric" }, long: { year: "numeric", month: "long", day: "numeric" }, medium: { year: "numeric", month: "short", day: "numeric" }, short: { year: "2-digit", month: "numeric", day: "numeric" } },
    time: { full: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" }, long: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" }, medium: { hour: "numeric", minute: "2-digit", second: "2-digit" }, short: { hour: "numeric", minute: "2-digit" } },
  };
  const DATE_PARTS = ["weekday", "year", "month", "day"];
  const TIME_PARTS = ["hour", "minute", "second", "fractionalSecondDigits", "dayPeriod"];
  const two = (number) => String(number).padStart(2, "0");
  const local = () => process.env.TZ || (new Date(0).getTimezoneOffset() === 0 && new Date(1.5e12).getTimezoneOffset() === 0 ? "UTC" : localZone());
  function localZone() {
    try {
      return use("node/fs").realpathSync("/etc/localtime").split("zoneinfo/")[1] ?? "UTC";
    } catch {
      return "UTC";
    }
  }

  class DateTimeFormat {
    #parts;
    #zone;
    #isUtc;
    #locale;
    #is24;
    #format;
    constructor(locales = undefined, options = undefined) {
      this.#locale = resolved(locales);
      const parts = {};
      for (const name of [...DATE_PARTS, "era", ...TIME_PARTS, "timeZoneName"]) if (options?.[name] !== undefined) parts[name] = options[name];
      Object.assign(parts, STYLES.date[pick(options, "dateStyle", ["full", "long", "medium", "short"])], STYLES.time[pick(options, "timeStyle", ["full", "long", "medium", "short"])]);
      if (![...DATE_PARTS, ...TIME_PARTS].some((name) => name in parts)) Object.assign(parts, { year: "numeric", month: "numeric", day: "numeric" });
      this.#parts = parts;
      const here = local();
      const zone = options?.timeZone === undefined ? here : `${options.timeZone}`;
      this.#isUtc = /^(utc|gmt|etc\/(utc|gmt))$/i.test(zone);
      if (!this.#isUtc && zone.toLowerCase() !== here.toLowerCase()) range(RangeError, `Invalid time zone specified: ${zone}`);
      this.#zone = this.#isUtc ? "UTC" : here;
      this.#is24 = options?.hour12 === undefined ? /^h2[34]$/.test(options?.hourCycle ?? "") : !options.hour12;
    }

    get format() { return (this.#format ??= (value) => this.formatToParts(value).map(({ value: text }) => text).join("")); }

    formatToParts(value = undefined) {
      const date = value === undefined ? new Date() : new Date(value);
      if (Number.isNaN(date.getTime())) range(RangeError, "Invalid time value");
      const get = (name) => date[`get${this.#isUtc ? "UTC" : ""}${name}`]();
      const { weekday, year, month, day, hour, minute, second, fractionalSecondDigits, timeZoneName } = this.#parts;
      const made = [];
      const literal = (text) => { if (made.length > 0) made.push({ type: "literal", value: text }); };
      const add = (type, text) => made.push({ type, value: String(text) });
      const isWords = month === "long" || month === "short" || month === "narrow";
      if (weekday) add("weekday", weekday === "long" ? DAYS[get("Day")] : weekday === "short" ? DAYS[get("Day")].slice(0, 3) : DAYS[get("Day")][0]);
      const number = (kind, given) => (kind === "2-digit" ? two(given % 100) : given);
      if (month) {
        literal(", ");
        const name = MONTHS[get("Month")];
        add("month", month === "long" ? name : month === "short" ? name.slice(0, 3) : month === "narrow" ? name[0] : number(month, get("Month") + 1));
      }
      if (day) {
        literal(month ? (isWords ? " " : "/") : weekday ? " " : ", ");
        add("day", number(day, get("Date")));
      }
      if (year) {
        literal(isWords ? (day ? ", " : " ") : month || day ? "/" : ", ");
        add("year", number(year, get("FullYear")));
      }
      if (hour || minute || second || fractionalSecondDigits) {
        literal(this.#parts.weekday && isWords && year && hour && STYLES.date.full.weekday === weekday ? " at " : ", ");
        const hours = get("Hours");
        if (hour) {
          const shown = this.#is24 ? hours : hours % 12 || 12;
          add("hour", hour === "2-digit" || this.#is24 ? two(shown) : shown);
        }
        if (minute) {
          if (hour) literal(":");
          add("minute", hour || second || minute === "2-digit" ? two(get("Minutes")) : get("Minutes"));
        }
        if (second) {
          if (hour || minute) literal(":");
          add("second", minute || second === "2-digit" ? two(get("Seconds")) : get("Seconds"));
        }
        if (fractionalSecondDigits) {
          literal(".");
          add("fractionalSecond", String(get("Milliseconds")).padStart(3, "0").slice(0, fractionalSecondDigits));
        }
        if (hour && !this.#is24) {
          literal(" ");
          add("dayPeriod", hours < 12 ? "AM" : "PM");
        }
      }
      if (timeZoneName) {
        literal(hour ? " " : ", ");
        const minutes = this.#isUtc ? 0 : -date.getTimezoneOffset();
        const offset = `GMT${minutes < 0 ? "-" : "+"}${Math.floor(Math.abs(minutes) / 60)}${minutes % 60 ? `:${two(Math.abs(minutes) % 60)}` : ""}`;
        add("timeZoneName", this.#isUtc ? (timeZoneName === "long" ? "Coordinated Universal Time" : "UTC") : minutes === 0 ? "GMT" : offset);
      }
      return made;
    }
    formatRange(start, end) { return `${this.format(start)} – ${this.format(end)}`; }
    resolvedOptions() { return { locale: this.#locale, calendar: "gregory", numberingSystem: "latn", timeZone: this.#zone, ...(this.#parts.hour ? { hourCycle: this.#is24 ? "h23" : "h12", hour12: !this.#is24 } : {}), ...this.#parts }; }
  }

  class RelativeTimeFormat {
    #settings;
    constructor(locales = undefined, options = undefined) { this.#settings = { locale: resolved(locales), style: pick(options, "style", ["long", "short", "narrow"], "long"), numeric: pick(options, "numeric", ["always", "auto"], "always"), numberingSystem: "latn" }; }
    format(value, unit) {
      const number = Number(value);
      const name = `${unit}`.replace(/s$/, "");
      if (!["second", "minute", "hour", "day", "week", "month", "quarter", "year"].includes(name)) range(RangeError, `Invalid unit argument for format() '${unit}'`);
      if (!Number.isFinite(number)) range(RangeError, "Invalid number value");
      if (this.#settings.numeric === "auto") {
        const near = { day: ["yesterday", "today", "tomorrow"], second: [undefined, "now", undefined], ...Object.fromEntries(["minute", "hour"].map((one) => [one, [undefined, `this ${one}`, undefined]])) }[name] ?? [`last ${name}`, `this ${name}`, `next ${name}`];
        if ([-1, 0, 1].includes(number) && near[number + 1] !== undefined) return near[number + 1];
      }
      const isPast = number < 0 || Object.is(number, -0);
      const shown = new NumberFormat().format(Math.abs(number));
      const short = { second: "sec.", minute: "min.", hour: "hr.", month: "mo.", week: "wk.", year: "yr.", quarter: Math.abs(number) === 1 ? "qtr." : "qtrs.", day: Math.abs(number) === 1 ? "day" : "days" };
      const words = this.#settings.style === "long" ? `${name}${Math.abs(number) === 1 ? "" : "s"}` : short[name];
      return isPast ? `${shown} ${words} ago` : `in ${shown} ${words}`;
    }
    resolvedOptions() { return { ...this.#settings }; }
  }

  class DisplayNames {
    #type;
    #fallback;
    constructor(locales, options) {
      this.#type = pick(options, "type", ["language", "region", "script", "currency", "calendar", "dateTimeField"]) ?? range(TypeError, "Required option \"type\" must not be undefined");
      this.#fallback = pick(options, "fallback", ["code", "none"], "code");
    }
    // The host has no names of others.
    of(code) { return this.#fallback === "code" ? `${code}` : undefined; }
    resolvedOptions() { return { locale: LOCALE, type: this.#type, fallback: this.#fallback, style: "long" }; }
  }

  // Those of before ES6 are functions, too.
  const callable = (Class) => new Proxy(Class, { apply: (target, self, args) => new target(...args) });
  const classes = { Collator, DateTimeFormat, DisplayNames, ListFormat, Locale, NumberFormat, PluralRules, RelativeTimeFormat, Segmenter };
  const Intl = {};
  for (const [name, Class] of Object.entries(classes)) {
    finish(Class, name);
    const value = ["Collator", "DateTimeFormat", "NumberFormat"].includes(name) ? callable(Class) : Class;
    defineProperty(Class.prototype, "constructor", { value, writable: true, configurable: true });
    defineProperty(Intl, name, { value, writable: true, configurable: true });
  }
  const functions = {
    getCanonicalLocales: (locales) => [...new Set(localesOf(locales))],
    supportedValuesOf: (key) => ({ calendar: ["gregory"], collation: [], currency: Object.keys(CURRENCIES).sort(), numberingSystem: ["latn"], timeZone: [...new Set([local(), "UTC"])], unit: Object.keys(UNITS).sort() })[key] ?? range(RangeError, `Invalid key : ${key}`),
  };
  for (const name of Object.keys(functions)) defineProperty(Intl, name, { value: functions[name], writable: true, configurable: true });
  defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
  return { Intl };
};
