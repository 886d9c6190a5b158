const { crypto } = globalThis;

// getRandomValues fills at most this many bytes at once.
const MOST = 65536;

export function randomFillSync(view, offset = 0, size = view.byteLength - offset) {
  const bytes = ArrayBuffer.isView(view)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    : new Uint8Array(view);
  for (let at = offset; at < offset + size; at += MOST) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + MOST, offset + size)));
  }
  return view;
}

export const randomBytes = (size) => randomFillSync(globalThis.Buffer.alloc(size));
export const randomUUID = () => crypto.randomUUID();
export const getRandomValues = (view) => crypto.getRandomValues(view);
export const webcrypto = crypto;
export default { randomFillSync, randomBytes, randomUUID, getRandomValues, webcrypto };
