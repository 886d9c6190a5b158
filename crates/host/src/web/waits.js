// `Atomics.waitAsync`: who waits without blocking stands in the line of the memory, with all others
// (`crates/host/src/io/waits.rs`).
({ begin }) => {
  const { waitAsync } = {
    waitAsync(array, index, value, timeout = undefined) {
      const isWide = array instanceof BigInt64Array;
      if (!isWide && !(array instanceof Int32Array)) throw new TypeError("[object Array] is not an int32 or BigInt64 typed array.");
      const { buffer, byteOffset, length } = array;
      if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError("[object Int32Array] is not a shared typed array.");
      const at = Math.trunc(+index) || 0;
      if (!(at >= 0 && at < length)) throw new RangeError("Invalid atomic access index");
      const expected = isWide ? BigInt.asIntN(64, value) : BigInt(Math.trunc(+value) | 0);
      const milliseconds = Number.isNaN(+timeout) ? Infinity : Math.max(+timeout, 0);
      const { promise, resolve } = Promise.withResolvers();
      const over = begin(buffer, byteOffset + at * array.BYTES_PER_ELEMENT, isWide, expected, milliseconds, (result) => resolve(result));
      return typeof over === "string" ? { async: false, value: over } : { async: true, value: promise };
    },
  };
  return { waitAsync };
};
