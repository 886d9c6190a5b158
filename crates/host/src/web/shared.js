// `SharedArrayBuffer`, whose bytes other threads can have: those that do not grow lie in memories of WebAssembly's.
({ Native, make }, use) => {
  const { construct, getOwnPropertyDescriptor, ownKeys, defineProperty } = Reflect;
  const { setPrototypeOf } = Object;
  const PROTOTYPE = Native.prototype;

  function SharedArrayBuffer(length) {
    if (new.target === undefined) return Native(length);
    const options = arguments[1];
    const most = typeof options === "object" && options !== null ? options.maxByteLength : undefined;
    if (most !== undefined) return construct(Native, [length, { maxByteLength: most }], new.target);
    const bytes = Math.trunc(+length) || 0;
    // What is empty has nothing to share; what is no length QuickJS refuses.
    if (!(bytes > 0 && bytes <= 2 ** 32 - 1)) return construct(Native, [bytes], new.target);
    const { prototype } = new.target;
    const buffer = make(bytes);
    // The system has no more mappings: it stays with this thread.
    if (buffer === undefined) return construct(Native, [bytes], new.target);
    if (prototype !== PROTOTYPE && typeof prototype === "object" && prototype !== null) setPrototypeOf(buffer, prototype);
    return buffer;
  }
  for (const key of ownKeys(Native)) defineProperty(SharedArrayBuffer, key, getOwnPropertyDescriptor(Native, key));
  defineProperty(PROTOTYPE, "constructor", { value: SharedArrayBuffer });
  return { SharedArrayBuffer };
};
