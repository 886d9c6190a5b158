// `node:util`.
(native, use) => {
  const { format, formatWithOptions, inspect } = use("web/inspect");
  const { TextDecoder, TextEncoder } = use("web/text");
  const { fail, invalidType, validateFunction, validateString, validateNumber, absents } = use("node/errors");
  const types = use("node/util_types");
  const custom = Symbol.for("nodejs.util.promisify.custom");

  function promisify(original) {
    validateFunction(original, "original");
    if (original === globalThis.setTimeout) return use("node/timers_promises").setTimeout;
    if (original === globalThis.setImmediate) return use("node/timers_promises").setImmediate;
    if (original[custom]) {
      validateFunction(original[custom], "util.promisify.custom");
      return Object.defineProperty(original[custom], custom, { value: original[custom], configurable: true });
    }
    function promised(...args) {
      return new Promise((resolve, reject) => {
        const result = Reflect.apply(original, this, [...args, (error, ...values) => (error ? reject(error) : resolve(values[0]))]);
        if (typeof result?.then === "function" && result instanceof Promise) result.catch(() => {});
      });
    }
    Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
    Object.defineProperty(promised, custom, { value: promised, configurable: true });
    return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
  }
  promisify.custom = custom;

  function callbackify(original) {
    validateFunction(original, "original");
    function callbackified(...args) {
      const done = args.pop();
      validateFunction(done, "last argument");
      Reflect.apply(original, this, args).then(
        (value) => process.nextTick(done, null, value),
        (reason) => {
          const error = reason || Object.assign(new Error("Promise was rejected with falsy value"), { code: "ERR_FALSY_VALUE_REJECTION", reason });
          process.nextTick(done, error);
        },
      );
    }
    Object.setPrototypeOf(callbackified, Object.getPrototypeOf(original));
    const properties = Object.getOwnPropertyDescriptors(original);
    if (typeof properties.length?.value === "number") properties.length.value += 1;
    if (typeof properties.name?.value === "string") properties.name.value += "Callbackified";
    return Object.defineProperties(callbackified, properties);
  }

  function inherits(constructor, parent) {
    if (constructor === undefined || constructor === null) throw invalidType("ctor", "of type function", constructor);
    if (parent === undefined || parent === null) throw invalidType("superCtor", "of type function", parent);
    if (parent.prototype === undefined) throw invalidType("superCtor.prototype", "of type object", parent.prototype);
    Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
    Object.setPrototypeOf(constructor.prototype, parent.prototype);
  }

  const warned = new Set();
  function deprecate(original, message, code) {
    if (code !== undefined) validateString(code, "code");
    let done = false;
    function deprecated(...args) {
      if (!done) {
        done = true;
        if (code === undefined || !warned.has(code)) {
          if (code !== undefined) warned.add(code);
          process.emitWarning(message, "DeprecationWarning", code);
        }
      }
      return new.target ? Reflect.construct(original, args, new.target) : Reflect.apply(original, this, args);
    }
    Object.setPrototypeOf(deprecated, original);
    if (original.prototype) deprecated.prototype = original.prototype;
    Object.defineProperty(deprecated, "length", { value: original.length, configurable: true });
    return deprecated;
  }

  function debuglog(section) {
    const on = (process.env.NODE_DEBUG ?? "").split(",").some((name) => name.toLowerCase() === section.toLowerCase());
    const log = on ? (...values) => process.stderr.write(`${section.toUpperCase()} ${process.pid}: ${format(...values)}\n`) : () => {};
    return Object.defineProperty(log, "enabled", { get: () => on, configurable: true, enumerable: true });
  }

  function styleText(styles, text, { validateStream = true, stream = process.stdout } = {}) {
    validateString(text, "text");
    const list = [styles].flat().filter((style) => style !== "none");
    const codes = inspect.colors;
    for (const style of list) if (!(style in codes)) fail(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'format' must be one of: ${Object.getOwnPropertyNames(codes).map((key) => `'${key}'`).join(", ")}. Received ${inspect(style)}`);
    if (validateStream && !stream?.isTTY) return text;
    // Where an inner style ends, the outer one goes on.
    return list.reduceRight((inner, style) => {
      const [on, off] = codes[style].map((code) => `\x1b[${code}m`);
      const keeps = codes[style][1] === 22 ? off + on : on;
      return on + inner.replaceAll(off, keeps) + off;
    }, text);
  }

  const stripVTControlCharacters = (text) => {
    validateString(text, "str");
    return text.replace(/[\u001B\u009B][[\]()#;?]*(?:(?:(?:(?:;[-a-zA-Z\d/#&.:=?%@~_]+)*|[a-zA-Z\d]+(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\u0007|\u001B\u005C|\u009C))|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~]))/g, "");
  };

  // What options must be like.
  function checkOptions(args, options) {
    if (!Array.isArray(args)) throw invalidType("args", "an instance of Array", args);
    for (const [name, option] of Object.entries(options)) {
      if (option.type !== "string" && option.type !== "boolean") throw use("node/errors").make(TypeError, "ERR_INVALID_ARG_TYPE", `The "options.${name}.type" property must be ('string|boolean'). ${use("node/errors").received(option.type)}`);
      if (option.short !== undefined) {
        validateString(option.short, `options.${name}.short`);
        if (option.short.length !== 1) throw use("node/errors").invalidValue(`options.${name}.short`, option.short, "must be a single character");
      }
      const { default: otherwise, multiple, type } = option;
      if (otherwise !== undefined && !multiple && typeof otherwise !== type) throw invalidType(`options.${name}.default`, `of type ${type}`, otherwise);
    }
  }

  function parseArgs({ args = process.argv.slice(2), options = {}, strict = true, allowPositionals = !strict, allowNegative = false, tokens: withTokens = false } = {}) {
    checkOptions(args, options);
    const values = Object.create(null);
    const [positionals, tokens] = [[], []];
    const shorts = Object.fromEntries(Object.entries(options).filter(([, option]) => option.short).map(([name, option]) => [option.short, name]));
    const give = (name, value, shown, follows) => {
      const option = options[name];
      if (strict && option?.type === "string" && value === undefined && follows?.startsWith("-") && follows.length > 1) fail(TypeError, "ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${shown}' argument is ambiguous.\nDid you forget to specify the option argument for '${shown}'?\nTo specify an option argument starting with a dash use '${shown.startsWith("--") ? `${shown}=-XYZ` : `${shown}-XYZ' or '--${name}=-XYZ`}'.`);
      if (strict && option === undefined) fail(TypeError, "ERR_PARSE_ARGS_UNKNOWN_OPTION", `Unknown option '${shown}'${allowPositionals ? `. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- "${shown}"` : ""}`);
      if (strict && option.type === "string" && typeof value !== "string") fail(TypeError, "ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${option.short ? `-${option.short}, ` : ""}--${name} <value>' argument missing`);
      if (strict && option.type === "boolean" && typeof value === "string") fail(TypeError, "ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${option.short ? `-${option.short}, ` : ""}--${name}' does not take an argument`);
      if (name === "__proto__") return;
      if (option?.multiple) (values[name] ??= []).push(value ?? true);
      else values[name] = value ?? true;
    };
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      const next = () => args[++i];
      if (arg === "--") {
        tokens.push({ kind: "option-terminator", index: i });
        for (const rest of args.slice(i + 1)) {
          if (strict && !allowPositionals) fail(TypeError, "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL", `Unexpected argument '${rest}'. This command does not take positional arguments`);
          positionals.push(rest);
          tokens.push({ kind: "positional", index: ++i, value: rest });
        }
        break;
      }
      if (/^--./.test(arg)) {
        const at = arg.indexOf("=");
        let name = arg.slice(2, at < 0 ? undefined : at);
        const index = i;
        let value = at < 0 ? undefined : arg.slice(at + 1);
        if (allowNegative && name.startsWith("no-") && options[name.slice(3)]?.type === "boolean" && at < 0) {
          name = name.slice(3);
          if (options[name].multiple) (values[name] ??= []).push(false);
          else values[name] = false;
          tokens.push({ kind: "option", name, rawName: arg, index, value: undefined, inlineValue: undefined });
          continue;
        }
        const inlineValue = at >= 0;
        if (value === undefined && options[name]?.type === "string" && args[i + 1] !== undefined && !args[i + 1].startsWith("-")) value = next();
        tokens.push({ kind: "option", name, rawName: `--${name}`, index, value, inlineValue: value === undefined ? undefined : inlineValue });
        give(name, value, `--${name}`, inlineValue ? undefined : args[i + 1]);
      } else if (/^-[^-]/.test(arg)) {
        for (let at = 1; at < arg.length; at++) {
          const letter = arg[at];
          const name = shorts[letter] ?? letter;
          let value;
          let inlineValue;
          const index = i;
          if (options[name]?.type === "string") {
            if (at + 1 < arg.length) [value, inlineValue] = [arg.slice(at + 1), true];
            else if (args[i + 1] !== undefined && !args[i + 1].startsWith("-")) [value, inlineValue] = [next(), false];
            at = arg.length;
          }
          tokens.push({ kind: "option", name, rawName: `-${letter}`, index, value, inlineValue });
          give(name, value, `-${letter}`, args[i + 1]);
        }
      } else {
        if (strict && !allowPositionals) fail(TypeError, "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL", `Unexpected argument '${arg}'. This command does not take positional arguments`);
        positionals.push(arg);
        tokens.push({ kind: "positional", index: i, value: arg });
      }
    }
    for (const [name, option] of Object.entries(options)) if (option.default !== undefined && !(name in values)) values[name] = option.default;
    return { values, positionals, ...(withTokens ? { tokens } : {}) };
  }

  // What both have in common, and what only one of them has: `[0, value]`, `[1, value]`, `[-1, value]`.
  function diff(actual, expected) {
    if (actual === expected) return [];
    const isText = typeof actual === "string";
    if (isText) validateString(expected, "expected");
    else for (const [list, name] of [[actual, "actual"], [expected, "expected"]]) if (!Array.isArray(list)) throw invalidType(name, "an instance of Array", list);
    const [left, right] = isText ? [actual.split(""), expected.split("")] : [actual, expected];
    const table = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
    for (let i = left.length - 1; i >= 0; i--) for (let j = right.length - 1; j >= 0; j--) table[i][j] = left[i] === right[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    const steps = [];
    for (let [i, j] = [0, 0]; i < left.length || j < right.length;) {
      if (i < left.length && j < right.length && left[i] === right[j]) [steps.push([0, left[i]]), i++, j++];
      else if (i < left.length && (j >= right.length || table[i + 1][j] >= table[i][j + 1])) steps.push([1, left[i++]]);
      else steps.push([-1, right[j++]]);
    }
    return steps;
  }

  const isDeepStrictEqual = (left, right) => use("node/assert").isEqual(left, right, true);
  const system = (code) => {
    validateNumber(code, "err");
    if (!(Number.isInteger(code) && code < 0)) throw use("node/errors").outOfRange("err", "a negative integer", code);
    return Object.entries(use("node/os").constants.errno).find(([, number]) => number === -code)?.[0];
  };
  const getSystemErrorName = (code) => system(code);
  const getSystemErrorMessage = (code) => (system(code) === undefined ? undefined : use("node/file_classes").wordsOf(-code));
  const getSystemErrorMap = () => new Map(Object.entries(use("node/os").constants.errno).map(([name, number]) => [-number, [name, use("node/file_classes").wordsOf(number)]]));
  const toUSVString = (text) => `${text}`.toWellFormed();
  const aborted = async (signal, resource) => {
    if (signal === null || typeof signal !== "object" || !("aborted" in signal)) fail(TypeError, "ERR_INVALID_ARG_TYPE", "signal is not of type AbortSignal.");
    use("node/errors").validateObject(resource, "resource");
    return whenAborted(signal);
  };
  const whenAborted = (signal) => new Promise((resolve) => { if (signal.aborted) resolve(); else signal.addEventListener("abort", () => resolve(), { once: true }); });


  // Who has called, at most so many.
  function getCallSites(count = 8, options = undefined) {
    const { validateInteger, validateObject } = use("node/errors");
    if (options === undefined && typeof count === "object") [count, options] = [8, count];
    if (options !== undefined) validateObject(options, "options");
    validateInteger(count, "frameCount", 1, 200);
    const [limit, prepare] = [Error.stackTraceLimit, Error.prepareStackTrace];
    const target = {};
    try {
      Error.stackTraceLimit = count;
      Error.prepareStackTrace = (_, sites) => sites;
      Error.captureStackTrace(target, getCallSites);
      return target.stack.map((site) => {
        const column = site.getColumnNumber();
        return { functionName: site.getFunctionName() ?? "", scriptId: "0", scriptName: site.getFileName() ?? "", lineNumber: site.getLineNumber(), columnNumber: column, column };
      });
    } finally {
      [Error.stackTraceLimit, Error.prepareStackTrace] = [limit, prepare];
    }
  }

  return {
    get MIMEType() { return use("node/util_mime").MIMEType; },
    get MIMEParams() { return use("node/util_mime").MIMEParams; },
    getCallSites,
    ...absents("util", ["transferableAbortController", "transferableAbortSignal", "convertProcessSignalToExitCode", "debounce", "throttle", "markPromiseAsHandled", "setTraceSigInt"]),
    TextDecoder, TextEncoder, aborted, callbackify, debug: debuglog, debuglog, deprecate, diff, format, formatWithOptions, getSystemErrorName, getSystemErrorMessage, getSystemErrorMap,
    inherits, inspect, isArray: Array.isArray, isDeepStrictEqual, parseArgs, parseEnv, promisify, stripVTControlCharacters, styleText, toUSVString, types,
    _extend: (target, source) => (source === null || typeof source !== "object" ? target : Object.assign(target, source)),
  };

  function parseEnv(text) {
    validateString(text, "content");
    const values = Object.create(null);
    for (const [, name, quoted, plain] of text.matchAll(/^[^\S\n]*(?:export[^\S\n]+)?([\w.-]+)[^\S\n]*=[^\S\n]*(?:("(?:[^"])*"|'(?:[^'])*'|`(?:[^`])*`)|([^#\n\r]*))/gm)) {
      values[name] = quoted === undefined ? plain.trim() : quoted[0] === '"' ? quoted.slice(1, -1).replaceAll("\\n", "\n") : quoted.slice(1, -1);
    }
    // In the order of their names.
    return Object.assign(Object.create(null), Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))));
  }
};
