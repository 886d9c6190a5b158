// `node:zlib`, around the host's codecs: at once, later, and as streams.
(native, use) => {
  const { Transform } = use("node/stream");
  const { fail, make, invalidType, outOfRange, validateFunction, validateNumber } = use("node/errors");

  const constants = Object.freeze({
    Z_NO_FLUSH: 0, Z_PARTIAL_FLUSH: 1, Z_SYNC_FLUSH: 2, Z_FULL_FLUSH: 3, Z_FINISH: 4, Z_BLOCK: 5, Z_OK: 0, Z_STREAM_END: 1,
    Z_NEED_DICT: 2, Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5,
    Z_VERSION_ERROR: -6, Z_NO_COMPRESSION: 0, Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1,
    Z_FILTERED: 1, Z_HUFFMAN_ONLY: 2, Z_RLE: 3, Z_FIXED: 4, Z_DEFAULT_STRATEGY: 0, ZLIB_VERNUM: 4880, DEFLATE: 1,
    INFLATE: 2, GZIP: 3, GUNZIP: 4, DEFLATERAW: 5, INFLATERAW: 6, UNZIP: 7, BROTLI_DECODE: 8, BROTLI_ENCODE: 9,
    Z_MIN_WINDOWBITS: 8, Z_MAX_WINDOWBITS: 15, Z_DEFAULT_WINDOWBITS: 15, Z_MIN_CHUNK: 64, Z_MAX_CHUNK: Infinity,
    Z_DEFAULT_CHUNK: 16384, Z_MIN_MEMLEVEL: 1, Z_MAX_MEMLEVEL: 9, Z_DEFAULT_MEMLEVEL: 8, Z_MIN_LEVEL: -1,
    Z_MAX_LEVEL: 9, Z_DEFAULT_LEVEL: -1, BROTLI_OPERATION_PROCESS: 0, BROTLI_OPERATION_FLUSH: 1,
    BROTLI_OPERATION_FINISH: 2, BROTLI_OPERATION_EMIT_METADATA: 3, BROTLI_PARAM_MODE: 0, BROTLI_MODE_GENERIC: 0,
    BROTLI_MODE_TEXT: 1, BROTLI_MODE_FONT: 2, BROTLI_DEFAULT_MODE: 0, BROTLI_PARAM_QUALITY: 1, BROTLI_MIN_QUALITY: 0,
    BROTLI_MAX_QUALITY: 11, BROTLI_DEFAULT_QUALITY: 11, BROTLI_PARAM_LGWIN: 2, BROTLI_MIN_WINDOW_BITS: 10,
    BROTLI_MAX_WINDOW_BITS: 24, BROTLI_LARGE_MAX_WINDOW_BITS: 30, BROTLI_DEFAULT_WINDOW: 22, BROTLI_PARAM_LGBLOCK: 3,
    BROTLI_MIN_INPUT_BLOCK_BITS: 16, BROTLI_MAX_INPUT_BLOCK_BITS: 24,
    BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING: 4, BROTLI_PARAM_SIZE_HINT: 5, BROTLI_PARAM_LARGE_WINDOW: 6,
    BROTLI_PARAM_NPOSTFIX: 7, BROTLI_PARAM_NDIRECT: 8, BROTLI_DECODER_RESULT_ERROR: 0,
    BROTLI_DECODER_RESULT_SUCCESS: 1, BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: 2,
    BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: 3, BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION: 0,
    BROTLI_DECODER_PARAM_LARGE_WINDOW: 1, BROTLI_DECODER_NO_ERROR: 0,
  });
  const CODES = { Z_OK: 0, Z_STREAM_END: 1, Z_NEED_DICT: 2, Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5, Z_VERSION_ERROR: -6 };
  const codes = Object.freeze({ ...CODES, ...Object.fromEntries(Object.entries(CODES).map(([name, code]) => [code, name])) });

  const MOST = Number.MAX_SAFE_INTEGER;
  const isBrotli = (mode) => mode >= constants.BROTLI_DECODE;
  const isBytes = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

  // A number of the options within its limits.
  function ranged(options, name, least, most, otherwise) {
    const value = options[name];
    if (value === undefined || Number.isNaN(value)) return otherwise;
    validateNumber(value, `options.${name}`);
    if (!(value >= least && value <= most)) throw outOfRange(`options.${name}`, most === Infinity ? `>= ${least}` : `>= ${least} and <= ${most}`, value);
    return value;
  }

  function dictionaryOf({ dictionary }) {
    if (dictionary === undefined || isBytes(dictionary)) return dictionary;
    throw invalidType("options.dictionary", "an instance of Buffer, TypedArray, DataView, or ArrayBuffer", dictionary);
  }

  function brotliParams(params = {}) {
    const found = { quality: 11, window: 22, textMode: 0, sizeHint: 0 };
    const names = { 0: "textMode", 1: "quality", 2: "window", 5: "sizeHint" };
    for (const [key, value] of Object.entries(params)) {
      const number = Number(key);
      if (!(Number.isInteger(number) && number >= 0 && number <= 9)) fail(RangeError, "ERR_BROTLI_INVALID_PARAM", `${key} is not a valid Brotli parameter`);
      if (typeof value !== "number" && typeof value !== "boolean") throw invalidType("options.params[key]", "of type number", value);
      if (number in names) found[names[number]] = Number(value);
    }
    return found;
  }

  // What the host's codec and the stream around it are made with.
  function settingsOf(mode, options = {}) {
    const brotli = isBrotli(mode);
    const most = brotli ? constants.BROTLI_OPERATION_EMIT_METADATA : constants.Z_BLOCK;
    const decodes = mode % 2 === 0 || mode === constants.UNZIP;
    const least = decodes && mode !== constants.INFLATERAW && options.windowBits === 0 ? 0 : mode === constants.GZIP ? 9 : 8;
    return {
      mode,
      flush: ranged(options, "flush", 0, most, 0),
      finishFlush: ranged(options, "finishFlush", 0, most, brotli ? constants.BROTLI_OPERATION_FINISH : constants.Z_FINISH),
      chunkSize: ranged(options, "chunkSize", constants.Z_MIN_CHUNK, Infinity, constants.Z_DEFAULT_CHUNK),
      most: ranged(options, "maxOutputLength", 1, MOST, MOST),
      windowBits: brotli ? 15 : ranged(options, "windowBits", least, 15, 15) || 15,
      level: ((level) => (level === -1 ? 6 : level))(brotli ? 6 : ranged(options, "level", -1, 9, -1)),
      memLevel: brotli ? 8 : ranged(options, "memLevel", 1, 9, 8),
      strategy: brotli ? 0 : ranged(options, "strategy", 0, 4, 0),
      dictionary: dictionaryOf(options),
      ...brotliParams(brotli ? options.params : undefined),
    };
  }

  function bytesOf(data) {
    if (typeof data === "string") return Buffer.from(data);
    if (isBytes(data)) return data;
    throw invalidType("buffer", "of type string or an instance of Buffer, TypedArray, DataView, or ArrayBuffer", data);
  }

  const ours = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tooLarge = (most) => make(RangeError, "ERR_BUFFER_TOO_LARGE", `Cannot create a Buffer larger than ${most} bytes`);

  function give(bytes, most) {
    if (bytes === undefined || bytes === null) throw tooLarge(most);
    return ours(bytes);
  }

  const nowOf = (mode) => (data, options) => {
    const bytes = bytesOf(data);
    const settings = settingsOf(mode, options);
    const buffer = give(native.now(settings, bytes, settings.finishFlush, settings.most), settings.most);
    return options?.info ? { buffer, engine: new CLASSES[mode](options) } : buffer;
  };

  const laterOf = (mode) => (data, options, done) => {
    if (typeof options === "function") [options, done] = [undefined, options];
    validateFunction(done, "callback");
    const bytes = bytesOf(data);
    const settings = settingsOf(mode, options ?? {});
    native.later(settings, bytes, settings.finishFlush, settings.most).then((result) => give(result, settings.most)).then(
      (buffer) => process.nextTick(done, null, options?.info ? { buffer, engine: new CLASSES[mode](options) } : buffer),
      (error) => process.nextTick(done, error),
    );
  };

  // ---- Streams

  const FLUSHING = Symbol("flush");

  class ZlibBase extends Transform {
    #codec;
    #settings;
    #ended = false;

    constructor(options, mode) {
      const settings = settingsOf(mode, options ?? {});
      super({ autoDestroy: true, ...options, decodeStrings: true, objectMode: false, highWaterMark: options?.highWaterMark });
      this.#settings = settings;
      this.#codec = native.codec(settings);
      this.bytesWritten = 0;
      this._chunkSize = settings.chunkSize;
      this._level = settings.level;
      this._strategy = settings.strategy;
      this._maxOutputLength = settings.most;
      this._handle = this.#codec;
    }

    #decodes() { return [2, 4, 6, 7, 8].includes(this.#settings.mode); }

    // Hands on what there is, in pieces that programs may rely on the size of.
    #drain(flush) {
      const size = this.#settings.chunkSize;
      for (let piece = this.#codec.next(flush); piece; piece = this.#codec.next(flush)) {
        for (let at = 0; at < piece.length; at += size) this.push(ours(piece.subarray(at, at + size)));
      }
    }

    _transform(chunk, encoding, done) {
      try {
        if (chunk[FLUSHING] !== undefined) {
          this.#codec.push(new Uint8Array(0));
          this.#drain(chunk[FLUSHING]);
        } else if (!this.#ended) {
          this.bytesWritten += chunk.length;
          this.#codec.push(chunk);
          this.#drain(this.#settings.flush);
          this.bytesWritten -= this.#codec.left;
          // What follows is none of it.
          if (this.#codec.isOver && this.#decodes() && this.#codec.left > 0) {
            this.#ended = true;
            this.push(null);
          }
        }
        done();
      } catch (error) {
        done(error);
      }
    }

    _flush(done) {
      try {
        const { finishFlush, mode } = this.#settings;
        const finish = isBrotli(mode) ? constants.BROTLI_OPERATION_FINISH : constants.Z_FINISH;
        if (!this.#ended) {
          this.#codec.push(new Uint8Array(0));
          this.#drain(finishFlush);
          const began = this.bytesWritten > 0 || mode !== constants.GUNZIP;
          if (this.#decodes() && finishFlush === finish && !this.#codec.isOver && began && this.bytesWritten > 0) {
            throw Object.assign(new Error("unexpected end of file"), { errno: -5, code: "Z_BUF_ERROR" });
          }
        }
        done();
      } catch (error) {
        done(error);
      }
    }

    // At once, as packages use it that have streams of their own.
    _processChunk(chunk, kind, done = undefined) {
      if (done !== undefined) return void this.write(chunk, done);
      const pieces = [];
      this.bytesWritten += chunk.length;
      this.#codec.push(chunk);
      for (let piece = this.#codec.next(kind); piece; piece = this.#codec.next(kind)) pieces.push(ours(piece));
      const isLast = kind === (isBrotli(this.#settings.mode) ? constants.BROTLI_OPERATION_FINISH : constants.Z_FINISH);
      if (isLast && this.#decodes() && !this.#codec.isOver && this.bytesWritten > 0) {
        const error = Object.assign(new Error("unexpected end of file"), { errno: -5, code: "Z_BUF_ERROR" });
        this.destroy(error);
        throw error;
      }
      return Buffer.concat(pieces);
    }

    flush(kind, done) {
      if (typeof kind === "function" || kind === undefined) [kind, done] = [isBrotli(this.#settings.mode) ? constants.BROTLI_OPERATION_FLUSH : constants.Z_FULL_FLUSH, kind ?? done];
      if (this.writableFinished) {
        if (done) process.nextTick(done);
      } else if (this.writableEnded) {
        if (done) this.once("end", done);
      } else this.write(Object.assign(Buffer.alloc(0), { [FLUSHING]: kind }), "", done);
    }

    // The level and the strategy of what follows do not change what it means.
    params(level, strategy, done) {
      ranged({ level }, "level", -1, 9);
      ranged({ strategy }, "strategy", 0, 4);
      this.flush(constants.Z_SYNC_FLUSH, done);
    }

    reset() {
      this.#codec = native.codec(this.#settings);
      this.#ended = false;
    }

    close(done) {
      if (done) use("node/stream").finished(this, done);
      this.destroy();
    }

    get _closed() { return this.destroyed; }
  }

  const NAMES = { 1: "Deflate", 2: "Inflate", 3: "Gzip", 4: "Gunzip", 5: "DeflateRaw", 6: "InflateRaw", 7: "Unzip", 8: "BrotliDecompress", 9: "BrotliCompress" };
  const CLASSES = {};
  const exports = {};
  for (const [number, name] of Object.entries(NAMES)) {
    const mode = Number(number);
    // Callable without `new`, as old programs call them.
    const Class = function (options) {
      return Reflect.construct(ZlibBase, [options, mode], new.target ?? Class);
    };
    Object.defineProperty(Class, "name", { value: name, configurable: true });
    Object.setPrototypeOf(Class, ZlibBase);
    Class.prototype = Object.create(ZlibBase.prototype, { constructor: { value: Class, writable: true, configurable: true } });
    CLASSES[mode] = exports[name] = Class;
    exports[`create${name}`] = Object.defineProperty((options) => new Class(options), "name", { value: `create${name}`, configurable: true });
    const verb = name[0].toLowerCase() + name.slice(1);
    exports[verb] = Object.defineProperty(laterOf(mode), "name", { value: verb, configurable: true });
    exports[`${verb}Sync`] = Object.defineProperty(nowOf(mode), "name", { value: `${verb}Sync`, configurable: true });
  }

  function crc32(data, value = 0) {
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidType("data", "of type string or an instance of Buffer, TypedArray, or DataView", data);
    validateNumber(value, "value");
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw outOfRange("value", Number.isInteger(value) ? ">= 0 && <= 4294967295" : "an integer", value);
    return native.crc32(typeof data === "string" ? Buffer.from(data) : data, value) >>> 0;
  }

  const { absents } = use("node/errors");
  const zstd = absents("zlib", ["ZstdCompress", "ZstdDecompress", "ZipBuffer", "ZipEntry", "ZipFile", "createZipArchive", "createZipArchiveSync", "zipFiles", "createZstdCompress", "createZstdDecompress", "zstdCompress", "zstdCompressSync", "zstdDecompress", "zstdDecompressSync"]);
  return { ...zstd, ...exports, crc32, constants, codes };
};
