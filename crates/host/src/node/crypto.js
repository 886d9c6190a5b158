(native, use) => {
  const { crypto } = globalThis;

  // getRandomValues fills at most this many bytes at once.
  const MOST = 65536;

  function inRange(name, value, most) {
    if (typeof value !== "number") throw Object.assign(new TypeError(`${name} must be a number`), { code: "ERR_INVALID_ARG_TYPE" });
    if (value >= 0 && value <= most) return Math.trunc(value);
    throw Object.assign(new RangeError(`${name} must be between 0 and ${most}, not ${value}`), { code: "ERR_OUT_OF_RANGE" });
  }

  function randomFillSync(view, offset = 0, size = undefined) {
    const bytes = ArrayBuffer.isView(view)
      ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      : new Uint8Array(view);
    const start = inRange("offset", offset, bytes.length);
    const end = start + inRange("size", size ?? bytes.length - start, bytes.length - start);
    for (let at = start; at < end; at += MOST) {
      crypto.getRandomValues(bytes.subarray(at, Math.min(at + MOST, end)));
    }
    return view;
  }

  const randomBytes = (size) => randomFillSync(globalThis.Buffer.alloc(size));
  const randomUUID = () => crypto.randomUUID();
  const getRandomValues = (view) => crypto.getRandomValues(view);
  const webcrypto = crypto;

  return { randomFillSync, randomBytes, randomUUID, getRandomValues, webcrypto };
};
