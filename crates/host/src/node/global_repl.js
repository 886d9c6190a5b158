// What `bident` alone does with what is typed: evaluates, prints, completes.
({ evaluate: run, complain }, use) => {
  const { inspect } = use("web/inspect");
  const { defineProperty, getOwnPropertyNames, getPrototypeOf } = Object;
  const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
  let count = 0;
  // What is waited for, if anything is.
  let waiting;

  const show = (value) => inspect(value, { colors: Boolean(process.stdout.isTTY) && process.env.NO_COLOR === undefined, showProxy: true });
  const print = (text) => process.stdout.write(`${text}\n`);

  // Names that programs have, and modules of Node's by their names, each loaded when it is first used.
  function begin() {
    const module = use("node/module");
    for (const [name, value] of Object.entries(module.globalsOfText("[repl]"))) defineProperty(globalThis, name, { value, writable: true, configurable: true });
    for (const name of module.builtinModules) {
      if (name.includes("/") || name in globalThis || !IDENTIFIER.test(name)) continue;
      const keep = (value) => defineProperty(globalThis, name, { value, writable: true, configurable: true });
      defineProperty(globalThis, name, { get() { const value = module._load(name); keep(value); return value; }, set: keep, configurable: true });
    }
    for (const name of ["_", "_error"]) defineProperty(globalThis, name, { value: undefined, writable: true, configurable: true });
  }

  // A text that begins with a brace is an object, if it can be.
  function start(text) {
    const name = `REPL${++count}`;
    if (/^\s*\{/.test(text) && !/;\s*$/.test(text)) {
      try {
        return run(`(${text}\n)`, name);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
    return run(text, name);
  }

  function fail(error) {
    globalThis._error = error;
    print(`Uncaught ${show(error)}`);
  }

  function evaluate(text, done) {
    const mine = { done };
    waiting = mine;
    const end = (tell, value) => {
      if (waiting !== mine) return;
      waiting = undefined;
      try {
        tell(value);
      } catch (error) {
        complain(`Uncaught ${error}`);
      }
      done();
    };
    const tell = ({ value }) => {
      globalThis._ = value;
      print(show(value));
    };
    let promise;
    try {
      promise = start(text);
    } catch (error) {
      return void end(fail, error);
    }
    promise.then((value) => end(tell, value), (error) => end(fail, error));
  }

  // What is waited for goes on, but nobody waits any more.
  function interrupt() {
    if (waiting === undefined) return;
    const { done } = waiting;
    waiting = undefined;
    print("Uncaught: interrupted");
    done();
  }

  // The value of a chain of names, without calling anything but getters of the global object.
  function valueOf([first, ...rest]) {
    let value = Function(`return (typeof ${first} === "undefined" ? undefined : ${first})`)();
    for (const name of rest) {
      for (let at = Object(value); ; at = getPrototypeOf(at)) {
        if (at === null) return undefined;
        const property = Object.getOwnPropertyDescriptor(at, name);
        if (property === undefined) continue;
        value = property.value;
        break;
      }
    }
    return value;
  }

  function namesOf(value) {
    const names = new Set();
    if (value === undefined || value === null) return names;
    for (let at = Object(value); at !== null; at = getPrototypeOf(at)) for (const name of getOwnPropertyNames(at)) if (IDENTIFIER.test(name)) names.add(name);
    return names;
  }

  const WORDS = "async await break case catch class const continue debugger default delete do else export extends false finally for function if import in instanceof let new null return static super switch this throw true try typeof undefined var void while with yield".split(" ");

  // What can stand where the text ends: names that begin with its last one.
  function complete(text) {
    const chain = /(?:[\p{ID_Start}$_][\p{ID_Continue}$]*\??\.)*(?:[\p{ID_Start}$_][\p{ID_Continue}$]*)?$/u.exec(text)[0];
    const parts = chain.split(/\??\./);
    const prefix = parts.pop();
    const isMember = text.slice(0, text.length - chain.length).endsWith(".");
    const names = isMember ? new Set() : parts.length > 0 ? namesOf(valueOf(parts)) : new Set([...namesOf(globalThis), ...WORDS]);
    return { prefix, names: [...names].filter((name) => name.startsWith(prefix)).sort() };
  }

  return { begin, complete, evaluate, interrupt };
};
