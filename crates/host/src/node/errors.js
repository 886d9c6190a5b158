// Errors as Node's modules throw them: with a code, and in its words.
(native, use) => {
  const make = (Class, code, message, more) => {
    const error = Object.assign(new Class(message), { code }, more);
    return error;
  };
  const fail = (Class, code, message, more) => {
    throw make(Class, code, message, more);
  };

  // What was given, as messages have it.
  function received(value) {
    if (value === null || value === undefined) return `Received ${value}`;
    if (typeof value === "function") return `Received function ${value.name}`;
    if (typeof value === "object") {
      if (value.constructor?.name) return `Received an instance of ${value.constructor.name}`;
      return `Received ${use("web/inspect").inspect(value, { depth: -1 })}`;
    }
    let shown = use("web/inspect").inspect(value, { colors: false });
    if (shown.length > 28) shown = `${shown.slice(0, 25)}...`;
    return `Received type ${typeof value} (${shown})`;
  }

  const named = (name) => (name.endsWith(" argument") ? `The ${name}` : `The "${name}" ${name.includes(".") ? "property" : "argument"}`);
  const invalidType = (name, wanted, value) => make(TypeError, "ERR_INVALID_ARG_TYPE", `${named(name)} must be ${wanted}. ${received(value)}`);
  const invalidValue = (name, value, reason = "is invalid") => {
    const kind = name.includes(".") ? "property" : "argument";
    return make(TypeError, "ERR_INVALID_ARG_VALUE", `The ${kind} '${name}' ${reason}. Received ${use("web/inspect").inspect(value)}`);
  };
  const outOfRange = (name, range, value) => {
    const shown = Number.isInteger(value) && Math.abs(value) > 2 ** 32 ? grouped(String(value)) : typeof value === "bigint" ? `${grouped(String(value))}n` : use("web/inspect").inspect(value);
    return make(RangeError, "ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`);
  };
  const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, "_");

  const validateFunction = (value, name) => {
    if (typeof value !== "function") throw invalidType(name, "of type function", value);
  };
  const validateString = (value, name) => {
    if (typeof value !== "string") throw invalidType(name, "of type string", value);
  };
  const validateNumber = (value, name, least, most) => {
    if (typeof value !== "number") throw invalidType(name, "of type number", value);
    if (least === undefined && most === undefined) return;
    if (Number.isNaN(value) || value < least || value > most) {
      const range = [least === undefined ? "" : `>= ${least}`, most === undefined ? "" : `<= ${most}`].filter(Boolean);
      throw outOfRange(name, range.join(" && "), value);
    }
  };
  const validateBoolean = (value, name) => {
    if (typeof value !== "boolean") throw invalidType(name, "of type boolean", value);
  };
  const validateObject = (value, name) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw invalidType(name, "of type object", value);
  };
  const validateSignal = (signal, name = "options.signal") => {
    if (signal !== undefined && (signal === null || typeof signal !== "object" || !("aborted" in signal))) throw invalidType(name, "an instance of AbortSignal", signal);
  };
  const validateInteger = (value, name, least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER) => {
    validateNumber(value, name);
    if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
    if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
  };

  const isAborted = (signal) => signal !== undefined && signal !== null && signal.aborted;
  const abortError = (signal) => Object.assign(new Error("The operation was aborted", { cause: signal?.reason }), { name: "AbortError", code: "ABORT_ERR" });

  // A function of a module that this host does not have: it says so when it is called.
  const absent = (module, name) => {
    const refuse = function () {
      fail(Error, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", `${module}.${name} is not there in this host`);
    };
    return Object.defineProperty(refuse, "name", { value: name, configurable: true });
  };
  const absents = (module, names) => Object.fromEntries(names.map((name) => [name, absent(module, name)]));

  return {
    make, fail, received, invalidType, invalidValue, outOfRange, validateFunction, validateString, validateNumber, validateInteger, validateBoolean, validateObject, validateSignal,
    isAborted, abortError, absent, absents,
  };
};
