// What the tests here share. A test that does not run, or does not end, fails: the file's promise is
// settled only when all have, and the runner takes anything but status 0 for a failure.

const tests = [];

export const test = (name, run) => tests.push({ name, run });

// Ends every file: `await run()`.
export async function run() {
  let failed = 0;
  for (const { name, run } of tests) {
    try {
      await run();
    } catch (error) {
      failed += 1;
      console.error(`FAILED ${name}: ${error?.name}: ${error?.message ?? String(error)}\n${error?.stack ?? ""}`);
    }
  }
  if (tests.length === 0) throw new Error("no tests");
  if (failed > 0) throw new Error(`${failed} of ${tests.length} failed`);
}

function show(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

export function same(actual, expected, what = "value") {
  if (Object.is(actual, expected)) return;
  throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

export function list(actual, expected, what = "list") {
  same(actual?.length, expected.length, `length of ${what} ${show(actual)}`);
  expected.forEach((value, i) => (Array.isArray(value) ? list(actual[i], value, what) : same(actual[i], value, `${what}[${i}]`)));
}

export function holds(condition, what = "condition") {
  if (condition !== true) throw new Error(`${what} does not hold`);
}

function check(error, type, pattern) {
  if (typeof type === "function") {
    holds(error instanceof type, `${show(error)} is a ${type.name}`);
    same(Object.getPrototypeOf(error), type.prototype, `prototype of ${show(error)}`);
  } else {
    same(error, type, "thrown value");
  }
  if (pattern && !pattern.test(error.message)) throw new Error(`message ${show(error.message)} does not match ${pattern}`);
  return error;
}

// `type` is a class, or the very value that must be thrown.
export function throws(type, run, pattern) {
  let result;
  try {
    result = run();
  } catch (error) {
    return check(error, type, pattern);
  }
  throw new Error(`expected ${type?.name ?? show(type)}, got the result ${show(result)}`);
}

export async function rejects(type, promise, pattern) {
  holds(promise instanceof Promise, "a promise, not an exception");
  let result;
  try {
    result = await promise;
  } catch (error) {
    return check(error, type, pattern);
  }
  throw new Error(`expected ${type?.name ?? show(type)}, got the result ${show(result)}`);
}

// A template tag: the text format to a module.
export const module = (text) => new WebAssembly.Module(globalThis.wat(text.join("")));

export const instance = (text, imports) => new WebAssembly.Instance(module([text]), imports).exports;

export const later = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms));

export const { promising, Suspending, SuspendError } = WebAssembly;
