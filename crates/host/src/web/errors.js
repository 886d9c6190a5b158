// Under Node `stack` can be set to anything and is not enumerable afterwards. QuickJS takes strings only.
// And no stack is written while the limit is no number: QuickJS would convert it each time, and keep what it
// was set to for longer than the context.
() => {
  const { get } = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  const define = Object.defineProperty;
  const set = function (value) {
    define(this, "stack", { value, writable: true, configurable: true, enumerable: false });
  };
  define(Error.prototype, "stack", { get, set, configurable: true, enumerable: false });

  const apply = Reflect.apply;
  const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");
  const setLimit = function (value) {
    apply(limit.set, this, [typeof value === "number" ? value : 0]);
  };
  define(Error, "stackTraceLimit", { ...limit, set: setLimit });
  return {};
};
