// `node:assert`.
(native, use) => {
  const { inspect } = use("web/inspect");
  const { fail: throwCode, invalidType, validateFunction } = use("node/errors");
  const types = use("node/util_types");
  const { is, getPrototypeOf, keys, getOwnPropertySymbols } = Object;
  const isEnumerable = Function.prototype.call.bind(Object.prototype.propertyIsEnumerable);
  const hasOwn = Object.hasOwn;
  const tagOf = Function.prototype.call.bind(Object.prototype.toString);

  const show = (value) => inspect(value, { compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, showHidden: false, showProxy: false, sorted: true, getters: true });
  const WORDS = {
    deepStrictEqual: "Expected values to be strictly deep-equal:", strictEqual: "Expected values to be strictly equal:", strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
    deepEqual: "Expected values to be loosely deep-equal:", notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:', notStrictEqual: 'Expected "actual" to be strictly unequal to:',
    notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":', notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:', notIdentical: "Values have same structure but are not reference-equal:",
    partialDeepStrictEqual: "Expected values to be partially and strictly deep-equal:",
  };

  // Lines of lists and objects are the same even if one ends with a comma.
  const sameLine = (left, right, commas) => left === right || (commas && (`${left},` === right || left === `${right},`));
  const UNCHANGED = 5;

  // What is the same for long is left out, but for what is next to a difference.
  function folded(lines) {
    const shown = [];
    let [same, skipped] = [0, false];
    lines.forEach((line, i) => {
      if (line.startsWith("  ")) {
        if (same++ < UNCHANGED) shown.push(line);
        return;
      }
      if (same > UNCHANGED) {
        const left = same - UNCHANGED;
        if (left <= 2) shown.push(...lines.slice(i - left, i));
        else [shown.push("...", lines[i - 1]), skipped = true];
      }
      same = 0;
      shown.push(line);
    });
    return { text: shown.join("\n"), skipped };
  }

  // The lines of both that differ.
  function difference(actual, expected) {
    const commas = typeof actual === "object" && actual !== null && typeof expected === "object" && expected !== null;
    const [left, right] = [show(actual).split("\n"), show(expected).split("\n")];
    const table = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
    for (let i = left.length - 1; i >= 0; i--) for (let j = right.length - 1; j >= 0; j--) table[i][j] = sameLine(left[i], right[j], commas) ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    const lines = [];
    let [i, j] = [0, 0];
    while (i < left.length || j < right.length) {
      if (i < left.length && j < right.length && sameLine(left[i], right[j], commas)) [lines.push(`  ${commas && !left[i].endsWith(",") ? right[j] : left[i]}`), i++, j++];
      else if (i < left.length && (j >= right.length || table[i + 1][j] >= table[i][j + 1])) lines.push(`+ ${left[i++]}`);
      else lines.push(`- ${right[j++]}`);
    }
    const { text, skipped } = folded(lines);
    return `${skipped ? "\n... Skipped lines" : ""}\n\n${text}`;
  }

  // Under the first character that differs, unless it is easily seen.
  function caret([left, right]) {
    if (left.length + right.length > 80) return "";
    const at = Array.from({ length: left.length }, (_, i) => i).find((i) => left[i] !== right[i]) ?? -1;
    return at >= 3 ? `${" ".repeat(at + 2)}^\n` : "";
  }

  const DIFFERENCES = new Set(["deepStrictEqual", "strictEqual", "partialDeepStrictEqual"]);

  // A message of the caller's takes the place of the headline.
  function words({ actual, expected, operator, message }) {
    if (DIFFERENCES.has(operator)) {
      const both = [show(actual), show(expected)];
      const bothLength = both[0].length + both[1].length;
      const isSmall = both.every((text) => !text.includes("\n"));
      const isObject = (value) => typeof value === "object" && value !== null || typeof value === "function";
      const isReference = operator === "strictEqual" && isObject(actual) && isObject(expected);
      const head = message ?? WORDS[isReference ? "strictEqualObject" : operator];
      if (isReference && both[0] === both[1]) return `${message ?? WORDS.notIdentical}\n\n${both[0]}\n`;
      if (isSmall && !isObject(actual) && !isObject(expected) && bothLength - 2 * [actual, expected].filter((value) => typeof value === "string").length <= 12 && (actual !== 0 || expected !== 0)) return `${head}\n\n${both[0]} !== ${both[1]}\n`;
      if (isSmall && !isObject(actual) && !isObject(expected)) return `${head}\n+ actual - expected\n\n+ ${both[0]}\n- ${both[1]}\n${caret(both)}`;
      return `${head}\n+ actual - expected${difference(actual, expected)}\n`;
    }
    if (operator === "notDeepStrictEqual" || operator === "notStrictEqual") {
      const text = show(actual);
      const isObject = operator === "notStrictEqual" && (typeof actual === "object" && actual !== null || typeof actual === "function");
      const head = WORDS[isObject ? "notStrictEqualObject" : operator];
      return text.includes("\n") ? `${head}\n\n${text}\n` : `${head}${text.length > 5 ? "\n\n" : " "}${text}${text.length > 5 ? "\n" : ""}`;
    }
    const [left, right] = [show(actual), show(expected)];
    if (operator === "deepEqual") return `${WORDS.deepEqual}\n\n${left}\n\nshould loosely deep-equal\n\n${right}`;
    if (operator === "notDeepEqual") return `Expected values not to be loosely deep-equal:\n\n${left}\n\nshould not loosely deep-equal\n\n${right}`;
    return `${left} ${operator} ${right}`;
  }

  class AssertionError extends Error {
    constructor(options) {
      if (options === null || typeof options !== "object") throw invalidType("options", "of type object", options);
      const { message, operator, actual, expected, stackStartFn } = options;
      super(message === undefined || message === null || typeof message === "string" && DIFFERENCES.has(operator) ? words({ ...options, message: message ?? undefined }) : String(message));
      this.generatedMessage = options.generated ?? (message === undefined || message === null);
      Object.defineProperty(this, "name", { value: "AssertionError", enumerable: false, writable: true, configurable: true });
      this.code = "ERR_ASSERTION";
      this.actual = actual;
      this.expected = expected;
      this.operator = operator;
      this.diff = "simple";
      if (stackStartFn) Error.captureStackTrace?.(this, stackStartFn);
    }
    toString() { return `${this.name} [${this.code}]: ${this.message}`; }
  }

  function refuse(options) {
    if (options.message instanceof Error) throw options.message;
    throw new AssertionError(options);
  }

  // ---- Equality

  function isEqual(left, right, strict, partial = false) {
    return compare(left, right, { strict, partial, left: new Map(), right: new Map(), place: 0 });
  }

  const ownKeys = (value, strict) => [...keys(value), ...(strict ? getOwnPropertySymbols(value).filter((key) => isEnumerable(value, key)) : [])];

  function compare(left, right, mode) {
    if (left === right) return left !== 0 || !mode.strict || is(left, right);
    const areObjects = typeof left === "object" && typeof right === "object" && left !== null && right !== null;
    if (!areObjects) {
      if (mode.strict) return is(left, right);
      if (typeof left === "object" && left !== null || typeof right === "object" && right !== null) return false;
      // eslint-disable-next-line eqeqeq
      return left == right || left !== left && right !== right;
    }
    if (mode.strict && getPrototypeOf(left) !== getPrototypeOf(right)) return false;
    if (tagOf(left) !== tagOf(right) || Array.isArray(left) !== Array.isArray(right)) return false;
    if (!sameInside(left, right, mode)) return false;
    // What is being compared already, further up, is the same as far as it is known.
    const [before, other] = [mode.left.get(left), mode.right.get(right)];
    if (before !== undefined && other !== undefined) return before === other;
    const place = mode.place++;
    mode.left.set(left, place);
    mode.right.set(right, place);
    const same = sameProperties(left, right, mode) && sameEntries(left, right, mode);
    const restore = (map, key, value) => (value === undefined ? map.delete(key) : map.set(key, value));
    restore(mode.left, left, before);
    restore(mode.right, right, other);
    return same;
  }

  function sameInside(left, right, { strict, partial }) {
    if (types.isDate(left)) return types.isDate(right) && is(left.getTime(), right.getTime());
    if (types.isRegExp(left)) return types.isRegExp(right) && String(left) === String(right) && left.lastIndex === right.lastIndex;
    if (left instanceof Error || right instanceof Error) {
      if (!(left instanceof Error && right instanceof Error) || left.message !== right.message || left.name !== right.name) return false;
      if (hasOwn(left, "cause") !== hasOwn(right, "cause") && !partial) return false;
      return !hasOwn(right, "cause") || isEqual(left.cause, right.cause, strict);
    }
    if (types.isBoxedPrimitive(left)) return types.isBoxedPrimitive(right) && is(left.valueOf(), right.valueOf());
    if (types.isAnyArrayBuffer(left)) return types.isAnyArrayBuffer(right) && sameBytes(new Uint8Array(left), new Uint8Array(right), strict);
    if (ArrayBuffer.isView(left)) {
      if (!ArrayBuffer.isView(right) || left.byteLength !== right.byteLength) return false;
      if (types.isTypedArray(left) && left[Symbol.toStringTag].startsWith("Float")) return left.every((value, i) => (strict ? is(value, right[i]) : value === right[i]));
      const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      return sameBytes(bytes(left), bytes(right));
    }
    if (types.isSet(left) !== types.isSet(right) || types.isMap(left) !== types.isMap(right)) return false;
    if ((types.isSet(left) || types.isMap(left)) && (partial ? left.size < right.size : left.size !== right.size)) return false;
    if (types.isWeakMap(left) || types.isWeakSet(left) || types.isPromise(left)) return false;
    return !Array.isArray(left) || partial || left.length === right.length;
  }

  const sameBytes = (left, right) => left.length === right.length && left.every((byte, i) => byte === right[i]);

  function sameProperties(left, right, mode) {
    const skip = (key) => ArrayBuffer.isView(left) && typeof key === "string" && /^\d+$/.test(key);
    const [ours, theirs] = [ownKeys(left, mode.strict), ownKeys(right, mode.strict)].map((list) => list.filter((key) => !skip(key)));
    if (!mode.partial && ours.length !== theirs.length) return false;
    return theirs.every((key) => hasOwn(left, key) && isEnumerable(left, key) && compare(left[key], right[key], mode));
  }

  function sameEntries(left, right, mode) {
    if (types.isSet(left)) {
      const rest = new Set(left);
      return [...right].every((value) => take(rest, value, mode));
    }
    if (!types.isMap(left)) return true;
    const rest = new Map(left);
    for (const [key, value] of right) {
      if (rest.has(key) && compare(rest.get(key), value, mode)) {
        rest.delete(key);
        continue;
      }
      if (typeof key !== "object" && mode.strict) return false;
      const found = [...rest].find(([other, given]) => compare(other, key, mode) && compare(given, value, mode));
      if (found === undefined) return false;
      rest.delete(found[0]);
    }
    return true;
  }

  function take(rest, value, mode) {
    if (rest.delete(value)) return true;
    if ((typeof value !== "object" || value === null) && mode.strict) return false;
    for (const other of rest) if (compare(other, value, mode)) return rest.delete(other);
    return false;
  }

  // ---- What programs call

  function truth(args, operator, stackStartFn) {
    const [value, message] = args;
    if (value) return;
    let text = message;
    const generated = args.length === 0;
    if (generated) text = "No value argument passed to `assert.ok()`";
    else if (message === undefined || message === null) text = "The expression evaluated to a falsy value:\n\n  assert.ok(" + inspect(value) + ")\n";
    if (text instanceof Error) throw text;
    const error = new AssertionError({ message: text, actual: value, expected: true, operator: "==", stackStartFn });
    error.generatedMessage = message === undefined || message === null;
    throw error;
  }

  function assert(...args) { truth(args, "==", assert); }
  function make(strict) {
    const members = {};
    const compareWith = (name, test) => {
      members[name] = function (actual, expected, message) {
        if (arguments.length < 2) throwCode(TypeError, "ERR_MISSING_ARGS", 'The "actual" and "expected" arguments must be specified');
        if (test(actual, expected)) return;
        // Looked at only when it is to be told.
        if (arguments.length > 2 && typeof message !== "string" && typeof message !== "function" && !(message instanceof Error)) throw invalidType("message", "one of type string or function", message);
        refuse({ actual, expected, message, operator: members[name].operator ?? name, stackStartFn: members[name] });
      };
      Object.defineProperty(members[name], "name", { value: name });
    };
    compareWith("strictEqual", is);
    compareWith("notStrictEqual", (a, b) => !is(a, b));
    compareWith("deepStrictEqual", (a, b) => isEqual(a, b, true));
    compareWith("notDeepStrictEqual", (a, b) => !isEqual(a, b, true));
    compareWith("partialDeepStrictEqual", (a, b) => isEqual(a, b, true, true));
    // eslint-disable-next-line eqeqeq
    compareWith("equal", (a, b) => a == b || a !== a && b !== b);
    // eslint-disable-next-line eqeqeq
    compareWith("notEqual", (a, b) => !(a == b || a !== a && b !== b));
    members.equal.operator = "==";
    members.notEqual.operator = "!=";
    delete members.equal.operator;
    delete members.notEqual.operator;
    members.equal = loose("==", members.equal);
    members.notEqual = loose("!=", members.notEqual);
    compareWith("deepEqual", (a, b) => isEqual(a, b, false));
    compareWith("notDeepEqual", (a, b) => !isEqual(a, b, false));
    if (strict) Object.assign(members, { equal: members.strictEqual, notEqual: members.notStrictEqual, deepEqual: members.deepStrictEqual, notDeepEqual: members.notDeepStrictEqual });
    return members;
  }

  const loose = (operator, test) => Object.defineProperty(function (actual, expected, message) {
    try {
      Reflect.apply(test, undefined, arguments);
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      refuse({ actual, expected, message, operator });
    }
  }, "name", { value: operator === "==" ? "equal" : "notEqual" });

  // What of an error is compared.
  class Comparison {}

  const NONE = Symbol();
  function caughtOf(run) {
    validateFunction(run, "fn");
    try {
      run();
    } catch (error) {
      return { error };
    }
    return NONE;
  }

  async function caughtOfPromise(run) {
    const promise = typeof run === "function" ? run() : run;
    if (typeof promise?.then !== "function") {
      if (typeof run === "function") throwCode(TypeError, "ERR_INVALID_RETURN_VALUE", `Expected instance of Promise to be returned from the "promiseFn" function but got ${use("node/errors").received(promise).slice("Received ".length)}.`);
      throw invalidType("promiseFn", "of type function or an instance of Promise", run);
    }
    try {
      await promise;
    } catch (error) {
      return { error };
    }
    return NONE;
  }

  function expectThrown(caught, operator, expected, message) {
    let [wanted, words_] = [expected, message];
    if (typeof expected === "string") {
      if (message !== undefined) throw invalidType("error", "of type function or an instance of Error, RegExp, or Object", expected);
      [wanted, words_] = [undefined, expected];
      const { error } = caught;
      const same = typeof error === "object" && error !== null ? error.message === expected : error === expected;
      if (caught !== NONE && same) throwCode(TypeError, "ERR_AMBIGUOUS_ARGUMENT", `The "error/message" argument is ambiguous. The error${typeof error === "object" ? " message" : ""} "${expected}" is identical to the message.`);
    }
    if (caught === NONE) {
      const name = wanted?.name ? ` (${wanted.name})` : "";
      refuse({ actual: undefined, expected: wanted, operator, message: words_ instanceof Error ? words_ : `Missing expected ${operator === "rejects" ? "rejection" : "exception"}${name}${words_ ? `: ${words_}` : "."}` });
    }
    const { error } = caught;
    if (wanted === undefined) return;
    const complain = (text) => refuse({ actual: error, expected: wanted, operator, message: words_ ?? text, generated: words_ === undefined });
    if (types.isRegExp(wanted)) {
      if (!wanted.test(String(error))) complain(`The input did not match the regular expression ${inspect(wanted)}. Input:\n\n${inspect(String(error))}\n`);
    } else if (typeof wanted === "object" && wanted !== null) {
      const names = [...keys(wanted), ...(wanted instanceof Error ? ["name", "message"] : [])];
      if (names.length === 0) throwCode(TypeError, "ERR_INVALID_ARG_VALUE", "The argument 'error' may not be an empty object. Received {}");
      for (const name of names) {
        if (typeof error[name] === "string" && types.isRegExp(wanted[name]) && wanted[name].test(error[name])) continue;
        if (!(name in Object(error)) || !isEqual(error[name], wanted[name], true)) {
          const parts = (object) => Object.assign(new Comparison(), Object.fromEntries(names.filter((one) => one in object).map((one) => [one, object[one]])));
          refuse({ actual: error, expected: wanted, operator, message: words_ ?? `${WORDS.deepStrictEqual}\n+ actual - expected${difference(parts(error), parts(wanted))}\n` });
        }
      }
    } else if (wanted.prototype !== undefined && error instanceof wanted) {
      return;
    } else if (Object.prototype.isPrototypeOf.call(Error, wanted)) {
      complain(`The error is expected to be an instance of "${wanted.name}". Received "${error?.constructor?.name ?? typeof error}"${error?.message ? `\n\nError message:\n\n${error.message}` : ""}`);
    } else if (Reflect.apply(wanted, {}, [error]) !== true) {
      const name = wanted.name ? `"${wanted.name}" ` : "";
      complain(`The ${name}validation function is expected to return "true". Received ${inspect(wanted(error))}\n\nCaught error:\n\n${error}`);
    }
  }

  function expectNotThrown(caught, operator, expected, message) {
    if (caught === NONE) return;
    const text = typeof expected === "string" ? expected : message;
    if (typeof expected === "function" && !(caught.error instanceof expected)) throw caught.error;
    refuse({ actual: caught.error, expected, operator, message: `Got unwanted ${operator === "doesNotReject" ? "rejection" : "exception"}${text ? `: ${text}` : "."}\nActual message: "${caught.error?.message}"` });
  }

  function match(text, pattern, message, wanted, operator) {
    if (!types.isRegExp(pattern)) throw invalidType("regexp", "an instance of RegExp", pattern);
    if (typeof text === "string" && pattern.test(text) === wanted) return;
    const reason = typeof text !== "string" ? `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`
      : wanted ? `The input did not match the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n` : `The input was expected to not match the regular expression ${inspect(pattern)}. Input:\n\n${inspect(text)}\n`;
    refuse({ actual: text, expected: pattern, message: message ?? reason, operator, generated: message === undefined });
  }

  const shared = {
    AssertionError,
    ok: function ok(...args) { truth(args, "==", ok); },
    fail(message) {
      if (message instanceof Error) throw message;
      const error = new AssertionError({ message: message ?? "Failed", operator: "fail" });
      error.generatedMessage = message === undefined;
      throw error;
    },
    throws(run, ...rest) { expectThrown(caughtOf(run), "throws", ...rest); },
    doesNotThrow(run, ...rest) { expectNotThrown(caughtOf(run), "doesNotThrow", ...rest); },
    async rejects(run, ...rest) { expectThrown(await caughtOfPromise(run), "rejects", ...rest); },
    async doesNotReject(run, ...rest) { expectNotThrown(await caughtOfPromise(run), "doesNotReject", ...rest); },
    ifError(value) {
      if (value === null || value === undefined) return;
      const message = typeof value === "object" && typeof value.message === "string" ? value.message || value.constructor.name : inspect(value);
      refuse({ actual: value, expected: null, operator: "ifError", message: `ifError got unwanted exception: ${message}` });
    },
    match: (text, pattern, message) => match(text, pattern, message, true, "match"),
    doesNotMatch: (text, pattern, message) => match(text, pattern, message, false, "doesNotMatch"),
  };
  Object.assign(assert, shared, make(false));
  function strict(...args) { truth(args, "==", strict); }
  Object.assign(strict, shared, make(true));
  for (const name of ["deepStrictEqual", "notDeepStrictEqual", "strictEqual", "notStrictEqual"]) {
    strict[name] = strict[name.replace("Strict", "").replace("strictE", "e")] = assert[name];
  }
  // Assertions of one's own, strict or not.
  class Assert {
    constructor(options = {}) {
      if (options === null || typeof options !== "object") throw invalidType("options", "of type object", options);
      const { strict: isStrict = true } = options;
      Object.assign(this, shared, make(isStrict));
    }
  }
  assert.Assert = strict.Assert = Assert;
  assert.strict = strict.strict = strict;
  Object.defineProperty(assert, "isEqual", { value: isEqual });
  return assert;
};
