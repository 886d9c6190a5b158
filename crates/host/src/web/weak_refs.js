// `WeakRef`, whose object stays until the job is over in which it was made or asked, as ECMAScript has it: QuickJS frees
// an object as soon as nobody else has it.
({ Native }) => {
  const { apply, construct, defineProperty } = Reflect;
  const { queueMicrotask } = globalThis;
  const { deref } = Native.prototype;
  let kept = [];

  function keep(value) {
    if (kept.push(value) === 1) queueMicrotask(() => { kept = []; });
  }

  function WeakRef(target) {
    if (new.target === undefined) throw new TypeError("Constructor WeakRef requires 'new'");
    const made = construct(Native, [target], new.target);
    keep(target);
    return made;
  }
  WeakRef.prototype = Native.prototype;
  const methods = {
    deref() {
      const value = apply(deref, this, []);
      if (value !== undefined) keep(value);
      return value;
    },
  };
  defineProperty(WeakRef, "prototype", { writable: false, enumerable: false });
  defineProperty(Native.prototype, "constructor", { value: WeakRef, writable: true, configurable: true, enumerable: false });
  defineProperty(Native.prototype, "deref", { value: methods.deref, writable: true, configurable: true, enumerable: false });
  return { WeakRef };
};
