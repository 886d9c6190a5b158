// `node:buffer`.
(native, use) => {
  const { Buffer } = use("node/global_buffer");
  const { Blob, File } = use("web/blob");
  const { fail, invalidType } = use("node/errors");
  const { DOMException } = use("web/idl");
  const MAX_LENGTH = Number.MAX_SAFE_INTEGER;
  const { bytesShown } = use("web/inspect");
  const MAX_STRING_LENGTH = 2 ** 30 - 1;
  const bytesOf = (view) => {
    if (ArrayBuffer.isView(view)) return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    if (view instanceof ArrayBuffer) return new Uint8Array(view);
    throw invalidType("input", "an instance of ArrayBuffer, Buffer, or TypedArray", view);
  };

  function isUtf8(view) {
    const bytes = bytesOf(view);
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      return true;
    } catch {
      return false;
    }
  }

  const isAscii = (view) => bytesOf(view).every((byte) => byte < 128);
  const invalid = (message) => { throw new DOMException(message, "InvalidCharacterError"); };
  const btoa = globalThis.btoa ?? ((text) => (/[^\0-\xff]/.test(text) ? invalid("Invalid character") : Buffer.from(`${text}`, "latin1").toString("base64")));
  const atob = globalThis.atob ?? ((text) => Buffer.from(`${text}`, "base64").toString("latin1"));

  const KINDS = { ascii: "ascii", latin1: "latin1", binary: "latin1", utf8: "utf8", "utf-8": "utf8", ucs2: "utf16le", "ucs-2": "utf16le", utf16le: "utf16le", "utf-16le": "utf16le" };
  // What an encoding has no character for is `?`.
  function transcode(source, from, to) {
    if (!(source instanceof Uint8Array)) throw invalidType("source", "an instance of Buffer or Uint8Array", source);
    const [fromKind, toKind] = [from, to].map((name) => KINDS[`${name}`.toLowerCase()]);
    if (fromKind === undefined || toKind === undefined) fail(Error, "U_ILLEGAL_ARGUMENT_ERROR", "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]", { errno: 1 });
    const text = Buffer.from(source).toString(fromKind);
    if (toKind === "latin1") return Buffer.from(text.replace(/[\ud800-\udbff][\udc00-\udfff]|[^\0-\xff]/g, "?"), "latin1");
    if (toKind === "ascii") return Buffer.from(text.replace(/[\ud800-\udbff][\udc00-\udfff]|[^\0-\x7f]/g, "?"), "latin1");
    return Buffer.from(text, toKind);
  }

  // What a name that `URL.createObjectURL` gave stands for.
  function resolveObjectURL(url) {
    try {
      return use("web/url").blobOf(new URL(`${url}`).href);
    } catch {
      return undefined;
    }
  }

  return {
    get INSPECT_MAX_BYTES() { return bytesShown.most; },
    set INSPECT_MAX_BYTES(most) {
      use("node/errors").validateNumber(most, "INSPECT_MAX_BYTES", 0);
      bytesShown.most = most;
    },
    Buffer, Blob, File, resolveObjectURL, kMaxLength: MAX_LENGTH, kStringMaxLength: MAX_STRING_LENGTH,
    constants: { MAX_LENGTH, MAX_STRING_LENGTH }, isUtf8, isAscii, atob, btoa, transcode,
  };
};
