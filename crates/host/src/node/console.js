// `node:console`: the global, and consoles on streams.
(native, use) => {
  const { formatWithOptions, inspect, table } = use("web/inspect");
  const { invalidType, make } = use("node/errors");

  const isStream = (value) => typeof value?.write === "function";

  function Console(options, ...older) {
    if (!new.target) return new Console(options, ...older);
    const given = options === undefined || isStream(options) ? { stdout: options, stderr: older[0], ignoreErrors: older[1] } : options;
    const { stdout, stderr = stdout, ignoreErrors = true, groupIndentation = 2, inspectOptions = {} } = given ?? {};
    if (!isStream(stdout)) throw make(TypeError, "ERR_CONSOLE_WRITABLE_STREAM", "Console expects a writable stream instance for stdout");
    if (!isStream(stderr)) throw make(TypeError, "ERR_CONSOLE_WRITABLE_STREAM", "Console expects a writable stream instance for stderr");
    const { colorMode = "auto" } = given ?? {};
    if (!["auto", true, false].includes(colorMode)) throw make(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'colorMode' must be one of: 'auto', true, false. Received ${inspect(colorMode)}`);
    if (inspectOptions === null || typeof inspectOptions !== "object") throw invalidType("options.inspectOptions", "of type object", inspectOptions);
    if (typeof groupIndentation !== "number") throw invalidType("groupIndentation", "of type number", groupIndentation);
    Object.assign(this, methods(stdout, stderr, { ignoreErrors, groupIndentation, inspectOptions }));
  }

  function methods(stdout, stderr, { ignoreErrors, groupIndentation, inspectOptions }) {
    const [counts, times] = [new Map(), new Map()];
    let indent = "";

    function write(stream, text) {
      const lines = indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`);
      if (!ignoreErrors) return void stream.write(`${lines}\n`);
      const ignore = () => {};
      stream.once?.("error", ignore);
      try {
        stream.write(`${lines}\n`, ignore);
      } catch (error) {
        // Whoever logs wants no errors of a stream's, but those of a stack that is used up.
        if (error instanceof RangeError) throw error;
      } finally {
        stream.removeListener?.("error", ignore);
      }
    }

    const say = (...values) => write(stdout, formatWithOptions(inspectOptions, ...values));
    const complain = (...values) => write(stderr, formatWithOptions(inspectOptions, ...values));
    const shown = (milliseconds) => (milliseconds >= 1000 ? `${(milliseconds / 1000).toFixed(3)}s` : `${Number(milliseconds.toFixed(3))}ms`);
    const sinceLabel = (label, what) => {
      if (times.has(label)) return performance.now() - times.get(label);
      process.emitWarning(`No such label '${label}' for console.${what}()`);
      return undefined;
    };
    const elapsed = (what, ends) => (label = "default", ...values) => {
      const time = sinceLabel(`${label}`, what);
      if (time === undefined) return;
      if (ends) times.delete(`${label}`);
      say(`${label}: ${shown(time)}`, ...values);
    };
    const group = (...values) => {
      if (values.length > 0) say(...values);
      indent += " ".repeat(groupIndentation);
    };

    return {
      log: say, info: say, debug: say, warn: complain, error: complain, dirxml: say, group, groupCollapsed: group,
      groupEnd: () => { indent = indent.slice(0, Math.max(0, indent.length - groupIndentation)); },
      dir: (value, options) => write(stdout, inspect(value, { customInspect: false, ...inspectOptions, ...options })),
      table: (data, columns) => (data === null || typeof data !== "object" ? say(data) : write(stdout, table(data, columns))),
      assert: (holds, ...values) => {
        if (holds) return;
        if (typeof values[0] === "string") values[0] = `Assertion failed: ${values[0]}`;
        else values.unshift("Assertion failed");
        complain(...values);
      },
      count: (label = "default") => {
        const count = (counts.get(`${label}`) ?? 0) + 1;
        counts.set(`${label}`, count);
        say(`${label}: ${count}`);
      },
      countReset: (label = "default") => void counts.delete(`${label}`),
      time: (label = "default") => void times.set(`${label}`, performance.now()),
      timeLog: elapsed("timeLog", false), timeEnd: elapsed("timeEnd", true),
      trace: (...values) => {
        const error = { name: "Trace", message: formatWithOptions(inspectOptions, ...values) };
        const { stack } = new Error(error.message);
        complain(`Trace${error.message === "" ? "" : `: ${error.message}`}\n${stack.replace(/^[^\n]*Error[^\n]*\n/, "")}`);
      },
    };
  }

  const { console } = globalThis;
  // The global console is one, although its methods are the host's.
  Object.defineProperty(Console, Symbol.hasInstance, { value: (object) => object === console || Function.prototype[Symbol.hasInstance].call(Console, object) });
  if (console.Console === undefined) Object.defineProperty(console, "Console", { value: Console, writable: true, enumerable: true, configurable: true });
  return console;
};
