// `node:stream/consumers`: all that a stream gives, at once.
(native, use) => {
  const { invalidType } = use("node/errors");

  async function parts(stream) {
    const list = [];
    for await (const part of stream) list.push(part);
    return list;
  }

  const bytesOf = (part) => {
    if (typeof part === "string") return Buffer.from(part);
    if (part instanceof ArrayBuffer) return Buffer.from(part);
    if (ArrayBuffer.isView(part)) return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    throw invalidType("chunk", "of type string or an instance of Buffer, TypedArray, or DataView", part);
  };

  const buffer = async (stream) => Buffer.concat((await parts(stream)).map(bytesOf));
  const bytes = async (stream) => new Uint8Array(await buffer(stream));
  const arrayBuffer = async (stream) => (await bytes(stream)).buffer;
  const blob = async (stream) => new Blob(await parts(stream));

  async function text(stream) {
    const decoder = new TextDecoder();
    let all = "";
    for (const part of await parts(stream)) all += typeof part === "string" ? part : decoder.decode(bytesOf(part), { stream: true });
    return all + decoder.decode();
  }

  const json = async (stream) => JSON.parse(await text(stream));
  return { arrayBuffer, blob, buffer, bytes, json, text };
};
