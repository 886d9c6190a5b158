// Under Node `stack` can be set to anything and is not enumerable afterwards. QuickJS takes strings only.
() => {
  const { get } = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  const define = Object.defineProperty;
  const set = function (value) {
    define(this, "stack", { value, writable: true, configurable: true, enumerable: false });
  };
  define(Error.prototype, "stack", { get, set, configurable: true, enumerable: false });
  return {};
};
