// Names, attributes and prototypes, as Web IDL asks for them.
import { test, run, same, list, holds, throws, instance } from "../harness.mjs";

const attributes = (object, key) => {
  const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(object, key);
  return [writable, enumerable, configurable].map((a) => (a === undefined ? "-" : a ? "y" : "n")).join("");
};

const classes = { Module: 1, Instance: 1, Memory: 1, Table: 1, Global: 1, Tag: 1, Exception: 2, Suspending: 1 };
const errors = ["CompileError", "LinkError", "RuntimeError", "SuspendError"];

test("the namespace", () => {
  same(attributes(globalThis, "WebAssembly"), "yny");
  same(String(WebAssembly), "[object WebAssembly]");
  same(attributes(WebAssembly, Symbol.toStringTag), "nny");
  for (const [name, length] of Object.entries({ validate: 1, compile: 1, instantiate: 1, promising: 1, compileStreaming: 1, instantiateStreaming: 1 })) {
    same(attributes(WebAssembly, name), "yyy", name);
    same(WebAssembly[name].name, name);
    same(WebAssembly[name].length, length);
    throws(TypeError, () => new WebAssembly[name]());
  }
  same(attributes(WebAssembly, "JSTag"), "-yy");
  same(Object.getOwnPropertyDescriptor(WebAssembly, "JSTag").get.name, "get JSTag");
  throws(TypeError, () => new WebAssembly());
  throws(TypeError, () => WebAssembly());
});

test("classes", () => {
  for (const [name, length] of Object.entries(classes)) {
    const constructor = WebAssembly[name];
    same(attributes(WebAssembly, name), "yny", name);
    same(constructor.name, name);
    same(constructor.length, length);
    same(attributes(constructor, "prototype"), "nnn");
    same(attributes(constructor.prototype, "constructor"), "yny");
    same(constructor.prototype.constructor, constructor);
    same(constructor.prototype[Symbol.toStringTag], `WebAssembly.${name}`);
    same(attributes(constructor.prototype, Symbol.toStringTag), "nny");
    throws(TypeError, () => constructor({ initial: 1, element: "anyfunc", value: "i32" }));
    throws(TypeError, () => constructor.call(WebAssembly, { initial: 1, element: "anyfunc", value: "i32" }));
  }
});

test("methods and accessors", () => {
  const members = {
    Instance: { exports: "get" },
    Memory: { grow: 1, toFixedLengthBuffer: 0, toResizableBuffer: 0, type: 0, buffer: "get" },
    Table: { grow: 1, get: 1, set: 1, type: 0, length: "get" },
    Global: { valueOf: 0, type: 0, value: "both" },
    Tag: { type: 0 },
    Function: { type: 0 },
    Exception: { getArg: 2, is: 1, stack: "get" },
  };
  for (const [name, expected] of Object.entries(members)) {
    const prototype = WebAssembly[name].prototype;
    for (const [key, kind] of Object.entries(expected)) {
      const property = Object.getOwnPropertyDescriptor(prototype, key);
      if (typeof kind === "number") {
        same(attributes(prototype, key), "yyy", `${name}.${key}`);
        same(property.value.length, kind);
        same(property.value.name, key);
        throws(TypeError, () => property.value.call({}));
        throws(TypeError, () => property.value.call(prototype));
      } else {
        same(attributes(prototype, key), "-yy", `${name}.${key}`);
        same(property.get.name, `get ${key}`);
        same(property.set?.name, kind === "both" ? `set ${key}` : undefined);
        throws(TypeError, () => property.get.call({}));
        throws(TypeError, () => prototype[key]);
      }
    }
  }
  for (const name of ["imports", "exports", "customSections"]) same(attributes(WebAssembly.Module, name), "yyy");
});

test("subclasses keep their prototype", () => {
  class Memory extends WebAssembly.Memory {
    pages() {
      return this.buffer.byteLength / 65536;
    }
  }
  same(new Memory({ initial: 2 }).pages(), 2);
  class Failure extends WebAssembly.RuntimeError {}
  const failure = new Failure("x");
  holds(failure instanceof Failure && failure instanceof WebAssembly.RuntimeError && failure.message === "x");
});

test("error classes", () => {
  for (const name of errors) {
    const constructor = WebAssembly[name];
    same(attributes(WebAssembly, name), "yny", name);
    same(constructor.name, name);
    same(constructor.length, 1);
    same(Object.getPrototypeOf(constructor), Error);
    same(Object.getPrototypeOf(constructor.prototype), Error.prototype);
    same(constructor.prototype.name, name);
    same(constructor.prototype.message, "");
    same(attributes(constructor.prototype, "name"), "yny");
    for (const error of [new constructor("m", { cause: 3 }), constructor("m", { cause: 3 })]) {
      same(Object.getPrototypeOf(error), constructor.prototype);
      same(error.message, "m");
      same(error.cause, 3);
      same(attributes(error, "message"), "yny");
      same(String(error), `${name}: m`);
      holds(error.stack.includes("interface.mjs"), "a stack");
      holds(!error.stack.includes("native"), "a stack without frames of the host");
    }
    holds(!Object.hasOwn(new constructor(), "message"));
  }
});

test("exports objects are frozen and have no prototype", () => {
  const exports = instance(`(module (func (export "b")) (func (export "a")) (memory (export "0") 0))`);
  same(Object.getPrototypeOf(exports), null);
  holds(Object.isFrozen(exports));
  same(attributes(exports, "a"), "nyn");
  list(Object.keys(exports), ["0", "b", "a"]);
  throws(TypeError, () => (exports.c = 1));
});

test("instances", () => {
  const made = new WebAssembly.Instance(new WebAssembly.Module(globalThis.wat(`(module (func (export "f")))`)));
  holds(made instanceof WebAssembly.Instance);
  same(String(made), "[object WebAssembly.Instance]");
  same(made.exports, made.exports);
  throws(TypeError, () => (made.exports = 1));
});

await run();
