// `CompressionStream` and `DecompressionStream`, by the Compression standard.
({ compressor, decompressor }, use) => {
  const { choice, fail, finish, isObject, need } = use("web/idl");
  const { isArrayBuffer } = use("web/streams/common");
  const { create, enqueue } = use("web/streams/transform");
  const FORMATS = ["deflate", "deflate-raw", "gzip", "brotli"];

  function bytesOf(chunk) {
    if (isObject(chunk) && isArrayBuffer(chunk)) return new Uint8Array(chunk);
    const isShared = (buffer) => globalThis.SharedArrayBuffer !== undefined && buffer instanceof SharedArrayBuffer;
    if (!ArrayBuffer.isView(chunk) || isShared(chunk.buffer)) {
      throw fail(TypeError, "a chunk must be an ArrayBuffer or a view of one", "ERR_INVALID_ARG_TYPE");
    }
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }

  // A stream around a codec of the host's.
  function streamOf(codec) {
    const drain = (controller) => {
      for (let piece = codec.next(); piece !== undefined; piece = codec.next()) enqueue(controller, piece);
    };
    return create((chunk, controller) => {
      codec.push(bytesOf(chunk));
      drain(controller);
    }, (controller) => {
      codec.push(new Uint8Array(0));
      codec.finish();
      drain(controller);
    });
  }

  class CompressionStream {
    #stream;

    constructor(format) {
      need(arguments.length, 1, "CompressionStream");
      this.#stream = streamOf(compressor(choice(format, FORMATS, "the format")));
    }

    get readable() { return this.#stream.readable.public; }
    get writable() { return this.#stream.writable.public; }
  }

  class DecompressionStream {
    #stream;

    constructor(format) {
      need(arguments.length, 1, "DecompressionStream");
      this.#stream = streamOf(decompressor(choice(format, FORMATS, "the format")));
    }

    get readable() { return this.#stream.readable.public; }
    get writable() { return this.#stream.writable.public; }
  }

  return {
    CompressionStream: finish(CompressionStream, { shown: ["readable", "writable"] }),
    DecompressionStream: finish(DecompressionStream, { shown: ["readable", "writable"] }),
  };
};
