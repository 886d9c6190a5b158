// `stack` as V8 has it: its first line is what the error is, and it can be set to anything. QuickJS writes the frames alone.
(native) => {
  const { apply } = Reflect;
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { isError } = Error;
  const { get: framesOf } = getOwnPropertyDescriptor(Error.prototype, "stack");
  const { captureStackTrace: capture } = Error;

  // A program must not get at the functions of the host that called it. V8 gives none of strict functions.
  Error.prepareStackTrace = (error, sites) => sites;
  const [site] = new Error().stack;
  Error.prepareStackTrace = undefined;
  const sites = Object.getPrototypeOf(site);
  // What V8 tells of a call, and QuickJS does not: as of a strict function that nobody has called as a method.
  const more = {
    getFunction() {},
    getThis() {},
    getTypeName() { return null; },
    getMethodName() { return null; },
    getEvalOrigin() {},
    getPromiseIndex() { return null; },
    getScriptNameOrSourceURL() { return this.getFileName(); },
    getEnclosingLineNumber() { return this.getLineNumber(); },
    getEnclosingColumnNumber() { return this.getColumnNumber(); },
    getPosition() { return 0; },
    getScriptHash() { return ""; },
    isAsync() { return false; },
    isConstructor() { return false; },
    isEval() { return false; },
    isPromiseAll() { return false; },
    isToplevel() { return true; },
    toString() {
      const [name, file] = [this.getFunctionName(), this.getFileName()];
      const place = file === null || file === undefined ? "native" : `${file}:${this.getLineNumber()}:${this.getColumnNumber()}`;
      return name ? `${name} (${place})` : place;
    },
  };
  for (const key of Object.keys(more)) defineProperty(sites, key, { value: more[key], writable: true, configurable: true });

  const isFrames = (text) => text === "" || (text.startsWith("    at ") && text.endsWith("\n"));

  // What an error is, in a line. What the program computes for it may fail.
  function headOf(error) {
    try {
      const name = error.name === undefined ? "Error" : String(error.name);
      const message = error.message === undefined ? "" : String(error.message);
      return name === "" || message === "" ? name + message : `${name}: ${message}`;
    } catch {
      return "Error";
    }
  }

  // Errors whose stack the program has made itself, which is as it wants it.
  const prepared = new WeakSet();
  const isWritten = (error, stack) => typeof stack === "string" && isFrames(stack) && !prepared.has(error);
  const whole = (error, stack) => (isWritten(error, stack) ? `${headOf(error)}\n${stack}`.trimEnd() : stack);

  const property = {
    get stack() {
      return whole(this, apply(framesOf, this, []));
    },
    set stack(value) {
      defineProperty(this, "stack", { value, writable: true, configurable: true, enumerable: false });
    },
  };
  defineProperty(Error.prototype, "stack", { ...getOwnPropertyDescriptor(property, "stack"), enumerable: false });

  let prepare;
  const { set: setPrepare } = getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const preparing = {
    get prepareStackTrace() {
      return prepare;
    },
    set prepareStackTrace(value) {
      prepare = value;
      const note = (error, sites) => {
        const stack = apply(value, Error, [error, sites]);
        prepared.add(error);
        return stack;
      };
      apply(setPrepare, Error, [typeof value === "function" ? note : undefined]);
    },
  };
  defineProperty(Error, "prepareStackTrace", { ...getOwnPropertyDescriptor(preparing, "prepareStackTrace"), enumerable: false });

  // QuickJS gives even errors a property of their own. Without it they are as they were when they were made, with frames that
  // WebAssembly can follow.
  const { captureStackTrace } = {
    captureStackTrace(target, below = captureStackTrace) {
      capture(target, below);
      const stack = getOwnPropertyDescriptor(target, "stack")?.value;
      if (!isWritten(target, stack)) return;
      if (isError(target) && delete target.stack) native.setFrames(target, stack);
      else defineProperty(target, "stack", { value: whole(target, stack) });
    },
  };
  defineProperty(Error, "captureStackTrace", { value: captureStackTrace, writable: true, configurable: true, enumerable: false });

  // The text that an error is shown with; `undefined` if `stack` is none.
  function stackOf(error) {
    let stack;
    try {
      stack = error.stack;
    } catch {
      // As if there were none.
    }
    return stack === undefined || stack === "" ? headOf(error) : whole(error, stack);
  }
  return { headOf, stackOf };
};
