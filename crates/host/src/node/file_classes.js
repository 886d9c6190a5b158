(native, use) => {
  const { later } = native;

  // The classes of what `node:fs` gives, and its errors.

  // Linux's numbers, with the words that Node has for them.
  const ERRORS = {
    1: ["EPERM", "operation not permitted"], 2: ["ENOENT", "no such file or directory"], 5: ["EIO", "i/o error"],
    3: ["ESRCH", "no such process"], 7: ["E2BIG", "argument list too long"], 8: ["ENOEXEC", "exec format error"],
    6: ["ENXIO", "no such device or address"], 9: ["EBADF", "bad file descriptor"],
    11: ["EAGAIN", "resource temporarily unavailable"], 12: ["ENOMEM", "not enough memory"],
    13: ["EACCES", "permission denied"], 16: ["EBUSY", "resource busy or locked"],
    17: ["EEXIST", "file already exists"], 18: ["EXDEV", "cross-device link not permitted"],
    19: ["ENODEV", "no such device"], 20: ["ENOTDIR", "not a directory"],
    21: ["EISDIR", "illegal operation on a directory"], 22: ["EINVAL", "invalid argument"],
    23: ["ENFILE", "file table overflow"], 24: ["EMFILE", "too many open files"], 26: ["ETXTBSY", "text file is busy"],
    27: ["EFBIG", "file too large"], 28: ["ENOSPC", "no space left on device"], 29: ["ESPIPE", "invalid seek"],
    30: ["EROFS", "read-only file system"], 31: ["EMLINK", "too many links"], 32: ["EPIPE", "broken pipe"],
    36: ["ENAMETOOLONG", "name too long"], 39: ["ENOTEMPTY", "directory not empty"],
    40: ["ELOOP", "too many symbolic links encountered"], 71: ["EPROTO", "protocol error"],
    95: ["ENOTSUP", "operation not supported on socket"], 98: ["EADDRINUSE", "address already in use"],
    99: ["EADDRNOTAVAIL", "address not available"], 101: ["ENETUNREACH", "network is unreachable"],
    103: ["ECONNABORTED", "software caused connection abort"], 104: ["ECONNRESET", "connection reset by peer"],
    106: ["EISCONN", "socket is already connected"], 107: ["ENOTCONN", "socket is not connected"],
    110: ["ETIMEDOUT", "connection timed out"], 111: ["ECONNREFUSED", "connection refused"],
    113: ["EHOSTUNREACH", "host is unreachable"],
    4: ["EINTR", "interrupted system call"],
    14: ["EFAULT", "bad address in system call argument"],
    25: ["ENOTTY", "inappropriate ioctl for device"],
    34: ["ERANGE", "result too large"],
    38: ["ENOSYS", "function not implemented"],
    49: ["EUNATCH", "protocol driver not attached"],
    61: ["ENODATA", "no data available"],
    64: ["ENONET", "machine is not on the network"],
    75: ["EOVERFLOW", "value too large for defined data type"],
    84: ["EILSEQ", "illegal byte sequence"],
    88: ["ENOTSOCK", "socket operation on non-socket"],
    89: ["EDESTADDRREQ", "destination address required"],
    90: ["EMSGSIZE", "message too long"],
    91: ["EPROTOTYPE", "protocol wrong type for socket"],
    92: ["ENOPROTOOPT", "protocol not available"],
    93: ["EPROTONOSUPPORT", "protocol not supported"],
    94: ["ESOCKTNOSUPPORT", "socket type not supported"],
    97: ["EAFNOSUPPORT", "address family not supported"],
    100: ["ENETDOWN", "network is down"],
    105: ["ENOBUFS", "no buffer space available"],
    108: ["ESHUTDOWN", "cannot send after transport endpoint shutdown"],
    112: ["EHOSTDOWN", "host is down"],
    114: ["EALREADY", "connection already in progress"],
    121: ["EREMOTEIO", "remote I/O error"],
    125: ["ECANCELED", "operation canceled"],
  };

  function describe(error, syscall, path, dest) {
    const number = error?.errno;
    if (number === undefined) return error;
    const [code, words] = ERRORS[number] ?? ["UNKNOWN", "unknown error"];
    const place = path === undefined ? {} : { path };
    const target = dest === undefined ? "" : ` -> '${dest}'`;
    const described = new Error(`${code}: ${words}, ${syscall}${path === undefined ? "" : ` '${path}'`}${target}`);
    return Object.assign(described, { errno: -number, code, syscall, ...place, ...(dest === undefined ? {} : { dest }) });
  }

  const TYPES = { File: 0o100000, Directory: 0o040000, SymbolicLink: 0o120000, FIFO: 0o010000, BlockDevice: 0o060000, CharacterDevice: 0o020000, Socket: 0o140000 };

  // `isFile` and its like for a class whose objects have a mode.
  function tell(Class, modeOf) {
    for (const [name, type] of Object.entries(TYPES)) {
      const value = function () { return (modeOf(this) & 0o170000) === type; };
      Object.defineProperty(Class.prototype, `is${name}`, { value, writable: true, configurable: true });
    }
  }

  const WHOLE = ["dev", "ino", "mode", "nlink", "uid", "gid", "rdev", "size", "blksize", "blocks"];
  const TIMES = ["atime", "mtime", "ctime", "birthtime"];

  class Stats {
    constructor(values, options = undefined) {
      if (options?.bigint) return new BigIntStats(values);
      Object.assign(this, values);
    }

    get atime() { return new Date(this.atimeMs); }
    get mtime() { return new Date(this.mtimeMs); }
    get ctime() { return new Date(this.ctimeMs); }
    get birthtime() { return new Date(this.birthtimeMs); }
  }
  tell(Stats, (stats) => stats.mode);

  class BigIntStats {
    constructor(values) {
      for (const name of WHOLE) this[name] = BigInt(Math.trunc(values[name]));
      for (const name of TIMES) {
        // Milliseconds are given with a fraction.
        const whole = Math.floor(values[`${name}Ms`]);
        this[`${name}Ms`] = BigInt(whole);
        this[`${name}Ns`] = BigInt(whole) * 1000000n + BigInt(Math.round((values[`${name}Ms`] - whole) * 1e6));
      }
      for (const name of TIMES) Object.defineProperty(this, name, { value: new Date(Number(this[`${name}Ms`])), writable: true, configurable: true });
    }
  }
  tell(BigIntStats, (stats) => Number(stats.mode));

  class Dirent {
    #mode;

    constructor({ name, mode }, parentPath) {
      this.name = name.slice(name.lastIndexOf("/") + 1);
      this.parentPath = name.includes("/") ? `${parentPath}/${name.slice(0, name.lastIndexOf("/"))}` : parentPath;
      this.#mode = mode;
    }

    static {
      tell(Dirent, (entry) => entry.#mode);
    }
  }

  // Bytes of what is to be written.
  function bytesOf(data, encoding) {
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return data instanceof ArrayBuffer ? new Uint8Array(data) : Buffer.from(String(data), encoding ?? undefined);
  }

  const encodingOf = (options) => (typeof options === "string" ? options : options?.encoding) ?? undefined;

  function checkedEncoding(options) {
    const encoding = encodingOf(options);
    if (encoding === undefined || encoding === "buffer" || Buffer.isEncoding(encoding)) return encoding === "buffer" ? undefined : encoding;
    throw use("node/errors").invalidValue("encoding", encoding, "is invalid encoding");
  }

  // What a reader gets: a buffer, or text where an encoding is given.
  function given(bytes, options) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const encoding = checkedEncoding(options);
    return encoding === undefined ? buffer : buffer.toString(encoding);
  }

  const modeOf = (options) => {
    const mode = options !== null && typeof options === "object" ? options.mode : options;
    return mode === undefined || mode === null ? undefined : checkedMode(mode, "mode");
  };

  // A mode as numbers and octal texts say it.
  function checkedMode(value, name) {
    const { invalidValue, validateInteger } = use("node/errors");
    if (typeof value === "string") {
      if (!/^[0-7]+$/.test(value)) throw invalidValue(name, value, "must be a 32-bit unsigned integer or an octal string");
      return parseInt(value, 8);
    }
    validateInteger(value, name, 0, 0xffffffff);
    return value;
  }

  const SIZE = 16384;

  function within(name, value, most) {
    if (!(Number.isInteger(value) && value >= 0 && value <= most)) {
      throw use("node/errors").outOfRange(name, `>= 0 && <= ${most}`, value);
    }
    return value;
  }

  const placed = (position) => (position === undefined || position === null || position < 0 ? undefined : within("position", Number(position), Number.MAX_SAFE_INTEGER));

  async function run(name, syscall, ...args) {
    try {
      return await later[name](...args);
    } catch (error) {
      throw describe(error, syscall);
    }
  }

  class FileHandle extends use("node/events") {
    #given;

    constructor(handle) {
      super();
      this.#given = handle;
    }

    get #handle() { return this.#given; }
    get fd() { return this.#given.fd; }

    // What is open, for a call of the system.
    #open(syscall) {
      if (this.fd < 0) throw Object.assign(new Error("file closed"), { code: "EBADF", syscall });
      return this.#given;
    }

    async chmod(mode) { await run("handle_chmod", "fchmod", this.#handle, modeOf(mode)); }
    async chown(user, group) { await run("handle_chown", "fchown", this.#handle, user, group); }
    async close() {
      if (this.fd < 0) return;
      this.#given.close();
      this.emit("close");
    }
    async [Symbol.asyncDispose]() { await this.close(); }
    getAsyncId() { return 0; }
    async utimes(accessed, modified) { await run("handle_times", "futime", this.#open("futimes"), use("node/fs").secondsOf(accessed), use("node/fs").secondsOf(modified)); }
    async appendFile(data, options) { await this.writeFile(data, options); }

    async readv(views, position) {
      let [bytesRead, place] = [0, placed(position)];
      for (const view of views) {
        const one = await this.read(view, 0, view.byteLength, place ?? null);
        bytesRead += one.bytesRead;
        if (place !== undefined) place += one.bytesRead;
        if (one.bytesRead < view.byteLength) break;
      }
      return { bytesRead, buffers: views };
    }

    async writev(views, position) {
      let [bytesWritten, place] = [0, placed(position)];
      for (const view of views) {
        const one = await this.write(view, 0, view.byteLength, place ?? null);
        bytesWritten += one.bytesWritten;
        if (place !== undefined) place += one.bytesWritten;
      }
      return { bytesWritten, buffers: views };
    }

    createReadStream(options) { return use("node/fs").createReadStream(null, { ...options, fd: this }); }
    createWriteStream(options) { return use("node/fs").createWriteStream(null, { ...options, fd: this }); }
    readLines(options) { return use("node/readline").createInterface({ input: this.createReadStream(options), crlfDelay: Infinity }); }

    readableWebStream() {
      this.#open("read");
      return new ReadableStream({
        type: "bytes",
        pull: async (controller) => {
          const { bytesRead, buffer } = await this.read(Buffer.alloc(SIZE), 0, SIZE, null);
          if (bytesRead === 0) controller.close();
          else controller.enqueue(new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead));
        },
      });
    }
    async datasync() { await run("handle_sync", "fdatasync", this.#handle, true); }
    async sync() { await run("handle_sync", "fsync", this.#handle, false); }
    async stat(options) { return new Stats(await run("handle_stat", "fstat", this.#open("fstat")), options); }
    async truncate(length = 0) { await run("handle_truncate", "ftruncate", this.#handle, within("len", length, Number.MAX_SAFE_INTEGER)); }
    async readFile(options) { return given(await run("handle_read_all", "read", this.#handle), options); }

    async read(target, offset, length, position) {
      this.#open("read");
      if (!ArrayBuffer.isView(target)) ({ buffer: target = Buffer.alloc(SIZE), offset, length, position } = target ?? {});
      else if (typeof offset === "object" && offset !== null) ({ offset, length, position } = offset);
      const room = bytesOf(target);
      const at = within("offset", offset ?? 0, room.length);
      const count = within("length", length ?? room.length - at, room.length - at);
      const bytes = await run("handle_read", "read", this.#handle, count, placed(position));
      room.set(bytes, at);
      return { bytesRead: bytes.length, buffer: target };
    }

    async write(data, offset, length, position) {
      this.#open("write");
      if (typeof data === "string") {
        const bytes = bytesOf(data, typeof length === "string" ? length : undefined);
        return { bytesWritten: await run("handle_write", "write", this.#handle, bytes, placed(offset)), buffer: data };
      }
      if (typeof offset === "object" && offset !== null) ({ offset, length, position } = offset);
      const all = bytesOf(data);
      const at = within("offset", offset ?? 0, all.length);
      const count = within("length", length ?? all.length - at, all.length - at);
      const bytesWritten = await run("handle_write", "write", this.#handle, all.subarray(at, at + count), placed(position));
      return { bytesWritten, buffer: data };
    }

    async writeFile(data, options) {
      for await (const bytes of piecesOf(data, options)) await run("handle_write", "write", this.#open("write"), bytes, undefined);
    }
  }

  // What is to be written, piece by piece: what is iterable may be as long as it likes.
  async function* piecesOf(data, options) {
    const isWhole = typeof data === "string" || ArrayBuffer.isView(data);
    if (isWhole) return void (yield bytesOf(data, encodingOf(options)));
    if (typeof data?.[Symbol.asyncIterator] !== "function" && typeof data?.[Symbol.iterator] !== "function") {
      throw use("node/errors").invalidType("data", "of type string or an instance of Buffer, TypedArray, or DataView", data);
    }
    for await (const piece of data) {
      if (options?.signal?.aborted) throw use("node/errors").abortError(options.signal);
      yield bytesOf(piece, encodingOf(options));
    }
  }

  const wordsOf = (number) => (ERRORS[number] ?? [undefined, "unknown error"])[1];

  return { checkedMode, piecesOf, wordsOf, Dirent, FileHandle, Stats, bytesOf, describe, encodingOf, given, modeOf };
};
