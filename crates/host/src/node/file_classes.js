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

  class Stats {
    constructor(values) {
      Object.assign(this, values);
    }

    get atime() { return new Date(this.atimeMs); }
    get mtime() { return new Date(this.mtimeMs); }
    get ctime() { return new Date(this.ctimeMs); }
    get birthtime() { return new Date(this.birthtimeMs); }
  }
  tell(Stats, (stats) => stats.mode);

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
    const mode = typeof options === "object" ? options?.mode : options;
    return typeof mode === "string" ? parseInt(mode, 8) : mode;
  };

  const SIZE = 16384;

  function within(name, value, most) {
    if (!(Number.isInteger(value) && value >= 0 && value <= most)) {
      throw Object.assign(new RangeError(`${name} must be between 0 and ${most}, not ${value}`), { code: "ERR_OUT_OF_RANGE" });
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

  class FileHandle {
    #handle;

    constructor(handle) {
      this.#handle = handle;
    }

    get fd() { return this.#handle.fd; }
    async chmod(mode) { await run("handle_chmod", "fchmod", this.#handle, modeOf(mode)); }
    async chown(user, group) { await run("handle_chown", "fchown", this.#handle, user, group); }
    async close() { this.#handle.close(); }
    async datasync() { await run("handle_sync", "fdatasync", this.#handle, true); }
    async sync() { await run("handle_sync", "fsync", this.#handle, false); }
    async stat() { return new Stats(await run("handle_stat", "fstat", this.#handle)); }
    async truncate(length = 0) { await run("handle_truncate", "ftruncate", this.#handle, within("len", length, Number.MAX_SAFE_INTEGER)); }
    async readFile(options) { return given(await run("handle_read_all", "read", this.#handle), options); }

    async read(target, offset, length, position) {
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
      await run("handle_truncate", "ftruncate", this.#handle, 0);
      await run("handle_write", "write", this.#handle, bytesOf(data, encodingOf(options)), undefined);
    }
  }

  const wordsOf = (number) => (ERRORS[number] ?? [undefined, "unknown error"])[1];

  return { wordsOf, Dirent, FileHandle, Stats, bytesOf, describe, encodingOf, given, modeOf };
};
