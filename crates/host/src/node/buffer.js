(native, use) => {
  const { Buffer } = use("node/global_buffer");
  const { Blob, File } = use("web/blob");
  const MAX_LENGTH = 2 ** 31 - 1;
  const MAX_STRING_LENGTH = 2 ** 30 - 1;
  const bytesOf = (view) => (ArrayBuffer.isView(view) ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array(view));

  function isUtf8(view) {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(view));
      return true;
    } catch {
      return false;
    }
  }

  const isAscii = (view) => bytesOf(view).every((byte) => byte < 128);
  const SlowBuffer = (size) => Buffer.alloc(size);
  const btoa = globalThis.btoa ?? ((text) => Buffer.from(String(text), "latin1").toString("base64"));
  const atob = globalThis.atob ?? ((text) => Buffer.from(String(text), "base64").toString("latin1"));
  return {
    Buffer, SlowBuffer, Blob, File, INSPECT_MAX_BYTES: 50, kMaxLength: MAX_LENGTH, kStringMaxLength: MAX_STRING_LENGTH,
    constants: { MAX_LENGTH, MAX_STRING_LENGTH }, isUtf8, isAscii, atob, btoa,
  };
};
