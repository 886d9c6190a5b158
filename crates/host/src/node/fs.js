(native, use) => {
  const { later, now } = native;
  const { Dirent, FileHandle, Stats, bytesOf, describe, encodingOf, given, modeOf } = use("node/file_classes");
  const { randomBytes } = use("node/crypto");
  const { fail, invalidType, invalidValue, isAborted, abortError, outOfRange, validateBoolean, validateFunction, validateInteger, validateObject, validateSignal } = use("node/errors");
  const { fileURLToPath } = use("node/url");

  // The host has the operations; this adds what programs for Node expect around them: options, paths given as
  // URLs or buffers, and errors with `code`, `errno`, `syscall` and `path`.

  function pathOf(value, name = "path") {
    if (typeof value === "string") return withoutNull(value, value, name);
    if (value instanceof URL) {
      const path = fileURLToPath(value);
      return withoutNull(path, path, name);
    }
    if (value instanceof Uint8Array) return withoutNull(new TextDecoder().decode(value), value, name);
    throw invalidType(name, "of type string or an instance of Buffer or URL", value);
  }
  function withoutNull(path, given, name) {
    if (path.includes("\0")) throw invalidValue(name, given, "must be a string, Uint8Array, or URL without null bytes");
    return path;
  }

  const constants = use("node/fs_constants");
  const isRecursive = (options) => Boolean(options?.recursive);
  const isFor = (options, error) => Boolean(options?.force) && error?.errno === 2;
  const nothing = () => undefined;

  // A name as bytes, or as an encoding has them.
  const nameAs = (name, options) => {
    const encoding = encodingOf(options) ?? "utf8";
    if (encoding === "buffer") return Buffer.from(name);
    return encoding === "utf8" || encoding === "utf-8" ? name : Buffer.from(name).toString(encoding);
  };

  function entries(names, options, path) {
    if (!options?.withFileTypes) return names.map(({ name }) => nameAs(name, options));
    return names.map((entry) => new Dirent(entry, path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path));
  }

  function secondsOf(time) {
    const seconds = time instanceof Date ? time.getTime() / 1000 : typeof time === "string" && time !== "" ? Number(time) : time;
    if (typeof seconds !== "number" || Number.isNaN(seconds)) throw invalidType("time", "an instance of Date or an Time in seconds", time);
    return seconds;
  }

  function validateMode(mode) {
    if (typeof mode !== "number") throw invalidType("mode", "of type number", mode);
    if (!(mode >= 0 && mode <= 7)) throw outOfRange("mode", ">= 0 && <= 7", mode);
  }

  function lengthOf(length) {
    if (length === undefined || length === null) return 0;
    validateInteger(length, "len");
    return Math.max(0, length);
  }

  const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const temporary = (prefix) => prefix + Array.from(randomBytes(6), (byte) => LETTERS[byte % LETTERS.length]).join("");

  // Each operation: the system call that errors name, the host's operation, its arguments from those of the
  // caller, what the caller gets from its result, and which errors are none.
  const OPERATIONS = {
    access: ["access", "access", (path, mode = 0) => { validateMode(mode); return [path, mode]; }, nothing],
    appendFile: ["open", "append", (path, data, options) => [path, bytesOf(data, encodingOf(options))], nothing],
    chmod: ["chmod", "chmod", (path, mode) => [path, modeOf(mode)], nothing],
    lstat: ["lstat", "stat", (path) => [path, false], (values, options) => new Stats(values, options)],
    mkdir: ["mkdir", "create_directory", (path, options) => [path, isRecursive(options), modeOf(options) ?? 0o777], (path) => path],
    mkdtemp: ["mkdtemp", "create_directory", (prefix) => [temporary(prefix), false, 0o700], (path, options) => nameAs(path, options)],
    copyFile: ["copyfile", "copy", (from, to, mode = 0) => [from, pathOf(to), (mode & 1) === 1], nothing],
    link: ["link", "link", (from, to) => [from, pathOf(to)], nothing],
    readlink: ["readlink", "read_link", (path) => [path], (path, options) => nameAs(path, options)],
    realpath: ["realpath", "real_path", (path) => [path], (path, options) => nameAs(path, options)],
    truncate: ["open", "truncate", (path, length) => [path, lengthOf(length)], nothing],
    utimes: ["utime", "times", (path, accessed, modified) => [path, secondsOf(accessed), secondsOf(modified)], nothing],
    chown: ["chown", "chown", (path, user, group) => [path, user, group, true], nothing],
    lchown: ["lchown", "chown", (path, user, group) => [path, user, group, false], nothing],
    open: ["open", "open", (path, flags = "r", mode = 0o666) => [path, flags ?? "r", modeOf(mode)], (handle) => new FileHandle(handle)],
    readFile: ["open", "read", (path) => [path], (bytes, options) => given(bytes, options)],
    readdir: ["scandir", "list", (path, options) => [path, isRecursive(options)], (names, options, path) => entries(names, options, path)],
    rename: ["rename", "rename", (from, to) => [from, pathOf(to)], nothing],
    rm: ["rm", "remove", (path, options) => [path, isRecursive(options)], nothing, isFor],
    rmdir: ["rmdir", "remove_directory", (path, options) => [path, isRecursive(options)], nothing],
    stat: ["stat", "stat", (path) => [path, true], (values, options) => new Stats(values, options)],
    symlink: ["symlink", "symlink", (target, path) => [target, pathOf(path)], nothing],
    unlink: ["unlink", "remove", (path) => [path, false], nothing],
    writeFile: ["open", "write", (path, data, options) => [path, bytesOf(data, encodingOf(options)), modeOf(options?.mode)], nothing],
  };

  // Whose errors name both paths.
  const TWO = new Set(["rename", "copyfile", "link", "symlink"]);

  function failed(error, operation, syscall, path, other) {
    if (operation === "read" && error?.errno === 21) return describe(error, "read");
    return describe(error, syscall, path, TWO.has(syscall) && typeof other === "string" ? other : undefined);
  }

  const sync = ([syscall, name, args, result, ignore]) => (path, ...rest) => {
    const given = pathOf(path);
    try {
      return result(now[name](...args(given, ...rest)), rest[0], given);
    } catch (error) {
      if (ignore?.(rest[0], error)) return undefined;
      throw failed(error, name, syscall, given, rest[0]);
    }
  };

  const async = ([syscall, name, args, result, ignore]) => async (path, ...rest) => {
    const given = pathOf(path);
    try {
      return result(await later[name](...args(given, ...rest)), rest[0], given);
    } catch (error) {
      if (ignore?.(rest[0], error)) return undefined;
      throw failed(error, name, syscall, given, rest[0]);
    }
  };

  const syncs = {};
  const promises = { constants };
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    if (name !== "open") syncs[`${name}Sync`] = sync(operation);
    if (name !== "appendFile") promises[name] = async(operation);
    if (name !== "open") Object.defineProperty(syncs[`${name}Sync`], "name", { value: `${name}Sync` });
  }

  const { accessSync } = syncs;

  function existsSync(path) {
    try {
      accessSync(path);
      return true;
    } catch {
      return false;
    }
  }

  // ---- By descriptor

  const FLAGS = { r: 0, rs: 0x101000, "r+": 2, "rs+": 0x101002, w: 0x241, wx: 0x2c1, "w+": 0x242, "wx+": 0x2c2, a: 0x441, ax: 0x4c1, "a+": 0x442, "ax+": 0x4c2, as: 0x101441, "as+": 0x101442, xw: 0x2c1, "xw+": 0x2c2, xa: 0x4c1, "xa+": 0x4c2 };

  function flagsOf(flags) {
    if (flags === undefined || flags === null) return 0;
    if (typeof flags === "number") return flags;
    const number = FLAGS[flags];
    if (number === undefined) fail(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'flags' is invalid. Received '${flags}'`);
    return number;
  }

  function descriptor(fd) {
    if (typeof fd === "object" && fd !== null && typeof fd.fd === "number") return fd.fd;
    validateInteger(fd, "fd", 0, 2147483647);
    return fd;
  }

  function attempt(syscall, run, path) {
    try {
      return run();
    } catch (error) {
      throw describe(error, syscall, path);
    }
  }

  const placed = (position) => (position === undefined || position === null || position < 0 ? undefined : Number(position));
  const checkedPlace = (position) => {
    if (position === undefined || position === null) return undefined;
    if (typeof position === "bigint") {
      if (position < -1n || position > 2n ** 63n - 1n) throw outOfRange("position", `>= -1 && <= ${2n ** 63n - 1n}`, position);
    } else if (typeof position !== "number") throw invalidType("position", "of type bigint or integer", position);
    else validateInteger(position, "position", -1);
    return placed(position);
  };

  function openSync(path, flags, mode) {
    const name = pathOf(path);
    return attempt("open", () => now.fd_open(name, flagsOf(flags), modeOf(mode) ?? 0o666), name);
  }

  function rangeOf(buffer, offset, length, position) {
    if (!ArrayBuffer.isView(buffer)) throw invalidType("buffer", "an instance of Buffer, TypedArray, or DataView", buffer);
    if (offset !== null && typeof offset === "object") ({ offset, length, position } = offset);
    const room = bytesOf(buffer);
    const at = offset ?? 0;
    validateInteger(at, "offset", 0);
    const count = length ?? room.length - at;
    if (at > room.length) fail(RangeError, "ERR_OUT_OF_RANGE", `The value of "offset" is out of range. It must be <= ${room.length}. Received ${at}`);
    if (count < 0) throw outOfRange("length", ">= 0", count);
    if (count > room.length - at) fail(RangeError, "ERR_OUT_OF_RANGE", `The value of "length" is out of range. It must be <= ${room.length - at}. Received ${count}`);
    return { room, at, count, position };
  }

  function readSync(fd, buffer, offset, length, position, ...rest) {
    if (arguments.length === 3 && offset !== undefined && offset !== null) validateObject(offset, "options");
    if (arguments.length > 3 && length === undefined && (offset === null || typeof offset !== "object")) length = 0;
    const { room, at, count, position: given } = rangeOf(buffer, offset, length, position);
    const place = checkedPlace(given);
    if (count === 0) return 0;
    const bytes = attempt("read", () => now.handle_read(descriptor(fd), count, place));
    room.set(bytes, at);
    return bytes.length;
  }

  function written(data, offset, length, position) {
    if (typeof data === "string") return { bytes: Buffer.from(data, typeof length === "string" ? length : "utf8"), place: placed(offset) };
    if (!ArrayBuffer.isView(data)) throw invalidType("buffer", "of type string or an instance of Buffer, TypedArray, or DataView", data);
    const { room, at, count, position: given } = rangeOf(data, offset, length, position);
    return { bytes: room.subarray(at, at + count), place: typeof given === "number" || typeof given === "bigint" ? placed(given) : undefined };
  }

  function writeSync(fd, data, offset, length, position) {
    const { bytes, place } = written(data, offset, length, position);
    return attempt("write", () => now.handle_write_some(descriptor(fd), bytes, place));
  }

  const vectors = (fd, views, position, one) => {
    if (!Array.isArray(views) || !views.every(ArrayBuffer.isView)) throw invalidType("buffers", "an ArrayBufferView[]", views);
    let [sum, place] = [0, typeof position === "number" ? placed(position) : undefined];
    for (const view of views) {
      const count = one(fd, view, 0, view.byteLength, place ?? null);
      sum += count;
      if (place !== undefined) place += count;
      if (count < view.byteLength) break;
    }
    return sum;
  };

  const byDescriptor = {
    openSync, readSync, writeSync,
    closeSync: (fd) => attempt("close", () => native.close(descriptor(fd))),
    fstatSync: (fd, options) => new Stats(attempt("fstat", () => now.handle_stat(descriptor(fd))), options),
    fsyncSync: (fd) => void attempt("fsync", () => now.handle_sync(descriptor(fd), false)),
    fdatasyncSync: (fd) => void attempt("fdatasync", () => now.handle_sync(descriptor(fd), true)),
    ftruncateSync: (fd, length) => void attempt("ftruncate", () => now.handle_truncate(descriptor(fd), lengthOf(length))),
    fchmodSync: (fd, mode) => void attempt("fchmod", () => now.handle_chmod(descriptor(fd), modeOf(mode))),
    futimesSync: (fd, accessed, modified) => void attempt("futime", () => now.handle_times(descriptor(fd), secondsOf(accessed), secondsOf(modified))),
    readvSync: (fd, views, position) => vectors(fd, views, position, readSync),
    writevSync: (fd, views, position) => vectors(fd, views, position, writeSync),
  };

  // Files may also be named by descriptor.
  const checkedOptions = (options) => {
    if (options !== undefined && options !== null && !["string", "object", "function"].includes(typeof options)) throw invalidType("options", "one of type string or object", options);
    if (options?.flush !== undefined && options.flush !== null) validateBoolean(options.flush, "options.flush");
    const encoding = encodingOf(options);
    if (encoding !== undefined && encoding !== "buffer" && !Buffer.isEncoding(encoding)) throw invalidValue("encoding", encoding, "is invalid encoding");
  };
  const { readFileSync: readPath, writeFileSync: writePath, appendFileSync: appendPath } = syncs;
  syncs.readFileSync = function readFileSync(path, options) {
    checkedOptions(options);
    if (typeof path !== "number" || (path | 0) !== path) return readPath(path, options);
    return given(attempt("read", () => now.handle_read_all(descriptor(path))), options);
  };
  const checkedData = (data) => {
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) throw invalidType("data", "of type string or an instance of Buffer, TypedArray, or DataView", data);
  };
  syncs.writeFileSync = function writeFileSync(path, data, options) {
    checkedOptions(options);
    checkedData(data);
    if (typeof path === "number") return void attempt("write", () => now.handle_write(descriptor(path), bytesOf(data, encodingOf(options)), undefined));
    const flag = options?.flag;
    if (flag === undefined || flag === null || flag === "w") return writePath(path, data, options);
    const fd = openSync(path, flag, options.mode);
    try {
      return void attempt("write", () => now.handle_write(fd, bytesOf(data, encodingOf(options)), undefined));
    } finally {
      byDescriptor.closeSync(fd);
    }
  };
  syncs.appendFileSync = function appendFileSync(path, data, options) {
    checkedOptions(options);
    checkedData(data);
    if (typeof path === "number") return syncs.writeFileSync(path, data, options);
    return appendPath(path, data, options);
  };
  const { statSync, lstatSync, mkdirSync } = syncs;
  const quiet = (run) => (path, options) => {
    if (options?.throwIfNoEntry !== false) return run(path, options);
    try {
      return run(path, options);
    } catch (error) {
      if (error.code === "ENOENT" || (run === statSync && error.code === "ENOTDIR")) return undefined;
      throw error;
    }
  };
  syncs.statSync = quiet(statSync);
  syncs.lstatSync = quiet(lstatSync);
  const { mkdtempSync } = syncs;
  const patterned = (prefix, error) => {
    if (error?.syscall !== "mkdtemp") return error;
    const path = `${prefix}XXXXXX`;
    return Object.assign(error, { path, message: error.message.replace(/'.*'$/s, `'${path}'`) });
  };
  syncs.mkdtempSync = function (prefix, options) {
    const given = pathOf(prefix, "prefix");
    try {
      return mkdtempSync(given, options);
    } catch (error) {
      throw patterned(given, error);
    }
  };
  // The first of the folders of a path that is yet to be made.
  function firstMissing(path) {
    const { dirname } = use("node/path");
    let first;
    for (let at = path.replace(/(.)\/+$/, "$1"); !existsSync(at); at = dirname(at)) {
      first = at;
      if (dirname(at) === at || dirname(at) === ".") break;
    }
    return first;
  }
  syncs.mkdirSync = (path, options) => {
    if (!options?.recursive) return void mkdirSync(path, options);
    const first = firstMissing(pathOf(path));
    mkdirSync(path, options);
    return first;
  };
  const { realpathSync, rmSync } = syncs;
  // Node looks at one part of the path after the other.
  syncs.realpathSync = Object.assign(function (path, options) {
    try {
      return realpathSync(path, options);
    } catch (error) {
      if (error?.syscall !== "realpath") throw error;
      const whole = use("node/path").resolve(pathOf(path));
      if (error.code === "ENOENT" && syncs.lstatSync(whole, { throwIfNoEntry: false })?.isSymbolicLink()) throw Object.assign(error, { syscall: "stat", path: whole, message: error.message.replace(/realpath '.*'$/s, `stat '${whole}'`) });
      throw Object.assign(error, { syscall: "lstat", path: whole, message: error.message.replace(/realpath '.*'$/s, `lstat '${whole}'`) });
    }
  }, { native: realpathSync });
  const isFolder = (error) => Object.assign(error, { name: "SystemError" });
  syncs.rmSync = (path, options) => {
    for (const name of ["recursive", "force"]) if (options?.[name] !== undefined) validateBoolean(options[name], `options.${name}`);
    const found = syncs.lstatSync(path, { throwIfNoEntry: !options?.force });
    if (found?.isDirectory() && !options?.recursive) {
      const name = pathOf(path);
      throw isFolder(Object.assign(new Error(`Path is a directory: rm returned EISDIR (is a directory) ${name}`), { code: "ERR_FS_EISDIR", errno: 21, syscall: "rm", path: name }));
    }
    return rmSync(path, options);
  };
  for (const name of ["realpathSync", "rmSync", "mkdtempSync"]) Object.defineProperty(syncs[name], "name", { value: name, configurable: true });

  // ---- Streams

  // The options of a stream of a file, or why there are none.
  function streamOptions(path, options) {
    if (options !== undefined && options !== null && typeof options !== "string" && typeof options !== "object") throw invalidType("options", "one of type string or object", options);
    const given = typeof options === "string" ? { encoding: options } : options ?? {};
    if (given.encoding !== undefined && given.encoding !== null && !Buffer.isEncoding(given.encoding)) throw invalidValue("encoding", given.encoding, "is invalid encoding");
    if (given.fd === undefined || given.fd === null) pathOf(path);
    else if (typeof given.fd !== "number" && !(given.fd instanceof FileHandle)) throw invalidType("options.fd", "of type number or an instance of FileHandle", given.fd);
    if (given.fs !== undefined && given.fs !== null) validateFunction(given.fs.open, "options.fs.open");
    if (given.start !== undefined) validateInteger(given.start, "start", 0);
    if (given.end !== undefined && given.end !== Infinity) validateInteger(given.end, "end", 0);
    if (given.start > given.end) throw outOfRange("start", `<= "end" (here: ${given.end})`, given.start);
    return given;
  }

  // Whether a file is yet to be opened.
  const pending = { get() { return this.fd === null && (this.writable !== undefined || !this.closed); }, configurable: true, enumerable: true };

  function createReadStream(path, options) {
    const { Readable } = use("node/stream");
    const given_ = streamOptions(path, options);
    const handle = given_.fd instanceof FileHandle ? given_.fd : undefined;
    let fd = handle?.fd ?? given_.fd ?? null;
    let position = given_.start;
    const end = given_.end ?? Infinity;
    let left = end - (position ?? 0) + 1;
    const stream = new Readable({
      highWaterMark: given_.highWaterMark ?? 65536, encoding: given_.encoding, emitClose: given_.emitClose, autoDestroy: given_.autoClose, signal: given_.signal,
      construct(done) {
        if (fd !== null) return void done();
        const name = pathOf(path);
        later.fd_open(name, flagsOf(given_.flags), modeOf(given_.mode) ?? 0o666).then((number) => {
          fd = stream.fd = number;
          done();
          stream.emit("open", fd);
          stream.emit("ready");
        }, (error) => done(describe(error, "open", name)));
      },
      read(size) {
        const count = Math.min(size, left);
        if (count <= 0) return void stream.push(null);
        later.handle_read(fd, count, position).then((bytes) => {
          if (position !== undefined) position += bytes.length;
          left -= bytes.length;
          stream.bytesRead += bytes.length;
          stream.push(bytes.length === 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        }, (error) => stream.destroy(describe(error, "read")));
      },
      destroy(error, done) {
        if (fd === null) return void done(error);
        const number = fd;
        fd = stream.fd = null;
        if (given_.autoClose === false) done(error);
        else if (handle) handle.close().then(() => done(error), done);
        else callbacks.close(number, (failure) => done(error ?? failure));
      },
    });
    return Object.assign(Object.defineProperty(Object.setPrototypeOf(stream, ReadStream().prototype), "pending", pending), { path: fd === null ? path : undefined, fd, bytesRead: 0, flags: given_.flags ?? "r", mode: given_.mode ?? 0o666, close: (done) => { if (done) use("node/stream").finished(stream, done); stream.destroy(); } });
  }

  function createWriteStream(path, options) {
    const { Writable } = use("node/stream");
    const given_ = streamOptions(path, options);
    const handle = given_.fd instanceof FileHandle ? given_.fd : undefined;
    let fd = handle?.fd ?? given_.fd ?? null;
    let position = given_.start;
    const stream = new Writable({
      highWaterMark: given_.highWaterMark ?? 16384, decodeStrings: true, defaultEncoding: given_.encoding ?? "utf8", emitClose: given_.emitClose, autoDestroy: given_.autoClose, signal: given_.signal,
      construct(done) {
        if (fd !== null) return void done();
        const name = pathOf(path);
        later.fd_open(name, flagsOf(given_.flags ?? "w"), modeOf(given_.mode) ?? 0o666).then((number) => {
          fd = stream.fd = number;
          done();
          stream.emit("open", fd);
          stream.emit("ready");
        }, (error) => done(describe(error, "open", name)));
      },
      write(chunk, encoding, done) {
        const work = later.handle_write(fd, chunk, position);
        work.then(() => {
          if (position !== undefined) position += chunk.length;
          stream.bytesWritten += chunk.length;
          done();
        }, (error) => done(describe(error, "write")));
      },
      writev(chunks, done) {
        stream._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "buffer", done);
      },
      destroy(error, done) {
        if (fd === null) return void done(error);
        const number = fd;
        fd = stream.fd = null;
        if (given_.autoClose === false) done(error);
        else if (handle) handle.close().then(() => done(error), done);
        else callbacks.close(number, (failure) => done(error ?? failure));
      },
    });
    return Object.assign(Object.defineProperty(Object.setPrototypeOf(stream, WriteStream().prototype), "pending", pending), { mode: given_.mode ?? 0o666, path, fd, bytesWritten: 0, flags: given_.flags ?? "w", close: (done) => { if (done) stream.once("finish", done); stream.end(); } });
  }

  // The classes of these streams, which programs call or look for in a prototype chain.
  function streamClass(name, base, create) {
    let made;
    return () => {
      if (made === undefined) {
        made = { [name]: function (path, options) { return create(path, options); } }[name];
        const Base = use("node/stream")[base];
        made.prototype = Object.create(Base.prototype, { constructor: { value: made, writable: true, configurable: true } });
        Object.setPrototypeOf(made, Base);
      }
      return made;
    };
  }
  const ReadStream = streamClass("ReadStream", "Readable", createReadStream);
  const WriteStream = streamClass("WriteStream", "Writable", createWriteStream);

  // A file as a `Blob`: its bytes are read when somebody wants them, here at once.
  async function openAsBlob(path, { type = "" } = {}) {
    return new Blob([await promises.readFile(pathOf(path))], { type });
  }

  // The callback form of every operation that has a promise.
  const callbacks = {};
  const callbackOf = (args) => {
    const done = args.pop();
    if (typeof done !== "function") throw invalidType("cb", "of type function", args.length > 1 ? done : undefined);
    return done;
  };
  for (const [name, run] of Object.entries(promises)) {
    if (typeof run !== "function" || name === "open") continue;
    callbacks[name] = calledBack(run);
    Object.defineProperty(callbacks[name], "name", { value: name, configurable: true });
  }
  function calledBack(run) {
    return (...args) => {
      const done = callbackOf(args.length > 1 ? args : [undefined]);
      if (typeof args[0] !== "number") pathOf(args[0]);
      run(...args).then((value) => (value === undefined ? done(null) : done(null, value)), done);
    };
  }
  callbacks.appendFile = (path, data, ...rest) => {
    const done = callbackOf(rest);
    try {
      syncs.appendFileSync(path, data, rest[0]);
      process.nextTick(done, null);
    } catch (error) {
      process.nextTick(done, error);
    }
  };
  const descriptorCallback = (syscall, run) => (fd, ...args) => {
    const done = callbackOf(args);
    run(descriptor(fd), ...args).then((value) => done(null, ...(value === undefined ? [] : [].concat(value))), (error) => done(describe(error, syscall)));
  };
  // Of several views at once: what a file has and takes, it has and takes soon.
  function manyCallback(run) {
    return (fd, views, ...args) => {
      const done = callbackOf(args);
      let result;
      try {
        result = [null, run(fd, views, args[0]), views];
      } catch (error) {
        if (error.syscall === undefined) throw error;
        result = [error];
      }
      process.nextTick(done, ...result);
    };
  }
  Object.assign(callbacks, {
    open(path, ...args) {
      const name = pathOf(path);
      const done = callbackOf(args);
      later.fd_open(name, flagsOf(args[0]), modeOf(args[1]) ?? 0o666).then((fd) => done(null, fd), (error) => done(describe(error, "open", name)));
    },
    close(fd, done = () => {}) {
      let failure = null;
      try {
        byDescriptor.closeSync(fd);
      } catch (error) {
        failure = error;
      }
      process.nextTick(done, failure);
    },
    read(fd, ...args) {
      const done = callbackOf(args);
      let [buffer, ...rest] = args;
      if (!ArrayBuffer.isView(buffer)) [buffer, rest] = [buffer?.buffer ?? Buffer.alloc(16384), [{ ...buffer }]];
      const { room, at, count, position: given } = rangeOf(buffer, ...rest);
      const position = checkedPlace(given);
      later.handle_read(descriptor(fd), count, position).then((bytes) => { room.set(bytes, at); done(null, bytes.length, buffer); }, (error) => done(describe(error, "read")));
    },
    write(fd, data, ...args) {
      const done = callbackOf(args);
      const { bytes, place } = written(data, ...args);
      later.handle_write_some(descriptor(fd), bytes, place).then((count) => done(null, count, data), (error) => done(describe(error, "write")));
    },
    exists(path, done) {
      validateFunction(done, "cb");
      process.nextTick(done, existsSync(path));
    },
    fstat: descriptorCallback("fstat", async (fd, options) => new Stats(await later.handle_stat(fd), options)),
    fsync: descriptorCallback("fsync", (fd) => later.handle_sync(fd, false)),
    fdatasync: descriptorCallback("fdatasync", (fd) => later.handle_sync(fd, true)),
    fchmod: descriptorCallback("fchmod", (fd, mode) => later.handle_chmod(fd, modeOf(mode))),
    futimes: descriptorCallback("futime", (fd, accessed, modified) => later.handle_times(fd, secondsOf(accessed), secondsOf(modified))),
    readv: manyCallback(byDescriptor.readvSync),
    writev: manyCallback(byDescriptor.writevSync),
    ftruncate: descriptorCallback("ftruncate", (fd, length) => later.handle_truncate(fd, lengthOf(length))),
  });
  const readFileByPath = callbacks.readFile;
  callbacks.readFile = (path, ...args) => {
    if (typeof path !== "number") return readFileByPath(path, ...args);
    const done = callbackOf(args);
    return void later.handle_read_all(descriptor(path)).then((bytes) => done(null, given(bytes, args[0])), (error) => done(describe(error, "read")));
  };
  // What is there before the file is: options, signals, handles.
  const { readFile, writeFile } = promises;
  promises.readFile = async (path, options) => {
    checkedOptions(options);
    validateSignal(options?.signal);
    if (isAborted(options?.signal)) throw abortError(options.signal);
    return path instanceof FileHandle ? path.readFile(options) : readFile(path, options);
  };
  promises.writeFile = async (path, data, options) => {
    checkedOptions(options);
    validateSignal(options?.signal);
    if (isAborted(options?.signal)) throw abortError(options.signal);
    if (path instanceof FileHandle) return path.writeFile(data, options);
    const { flag } = options ?? {};
    if ((typeof data === "string" || ArrayBuffer.isView(data)) && (flag === undefined || flag === null || flag === "w")) return writeFile(path, data, options);
    const { piecesOf } = use("node/file_classes");
    const pieces = piecesOf(data, options);
    const first = await pieces.next();
    const handle = await promises.open(path, flag ?? "w", options?.mode);
    try {
      if (!first.done) await handle.writeFile(first.value);
      for await (const piece of pieces) await handle.writeFile(piece);
    } finally {
      await handle.close();
    }
  };
  const { mkdtemp, mkdir } = promises;
  promises.mkdtemp = async (prefix, options) => {
    const given = pathOf(prefix, "prefix");
    return mkdtemp(given, options).catch((error) => { throw patterned(given, error); });
  };
  promises.mkdir = async (path, options) => {
    if (!options?.recursive) return void (await mkdir(path, options));
    const first = firstMissing(pathOf(path));
    await mkdir(path, options);
    return first;
  };
  for (const name of ["mkdir", "mkdtemp", "writeFile"]) callbacks[name] = calledBack(promises[name]);
  promises.appendFile = async (path, data, options) => (path instanceof FileHandle ? path.appendFile(data, options) : data !== null && typeof data === "object" && !ArrayBuffer.isView(data) ? promises.writeFile(path, data, { ...(typeof options === "string" ? { encoding: options } : options), flag: "a" }) : syncs.appendFileSync(path, data, options));
  const { absents } = use("node/errors");
  const missing = absents("fs", ["statfs", "statfsSync", "glob", "globSync", "lchmod", "lchmodSync", "lutimes", "lutimesSync", "fchown", "fchownSync", "openAsBlobSync", "mkdtempDisposableSync", "Utf8Stream"]);
  Object.assign(promises, absents("fs/promises", ["glob", "statfs", "lchmod", "lutimes", "mkdtempDisposable"]));

  // ---- Parts that have scripts of their own, which come when they are first called

  const looks = {
    watch: (path, ...rest) => use("node/fs_watch").watch(pathOf(path), ...rest),
    watchFile: (path, options, listener) => use("node/fs_watch").watchFile(pathOf(path), options, listener, (name) => syncs.statSync(name, { throwIfNoEntry: false }) ?? new Stats({ dev: 0, ino: 0, mode: 0, nlink: 0, uid: 0, gid: 0, rdev: 0, size: 0, blksize: 0, blocks: 0, atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0 })),
    unwatchFile: (path, listener) => use("node/fs_watch").unwatchFile(pathOf(path), listener),
  };
  promises.watch = (path, options) => use("node/fs_watch").watchAsync(pathOf(path), options);

  const dirOf = (path, entries_) => new (use("node/fs_dir").Dir)(path, entries_);
  // As Node tells it: at once, without the path.
  const opening = (error, isSync) => {
    if (error?.syscall !== "scandir") return error;
    const message = error.message.replace("scandir", "opendir");
    if (isSync) delete error.path;
    return Object.assign(error, { syscall: "opendir", message: isSync ? message.replace(/ '.*$/s, "") : message });
  };
  const checkedBuffering = (options) => {
    if (options?.bufferSize !== undefined) validateInteger(options.bufferSize, "options.bufferSize", 1, 0xffffffff);
  };
  function opendirSync(path, options) {
    checkedBuffering(options);
    try {
      return dirOf(pathOf(path), syncs.readdirSync(path, { ...options, withFileTypes: true }));
    } catch (error) {
      throw opening(error, true);
    }
  }
  promises.opendir = async (path, options) => {
    const name = pathOf(path);
    const found = await promises.readdir(name, { ...options, withFileTypes: true }).catch((error) => { throw opening(error); });
    return dirOf(name, found);
  };
  function opendir(path, options, done = options) {
    validateFunction(done, "callback");
    promises.opendir(pathOf(path), typeof options === "function" ? undefined : options).then((dir) => done(null, dir), done);
  }

  const quietly = (run) => run.then((value) => value, (error) => { if (error.code === "ENOENT") return undefined; throw error; });
  const copying = {
    now: () => ({ ...Object.fromEntries(["stat", "lstat", "mkdir", "readdir", "readlink", "symlink", "unlink", "copyFile", "utimes"].map((name) => [name, syncs[`${name}Sync`]])), find: (path) => syncs.lstatSync(path, { throwIfNoEntry: false }) }),
    later: () => ({ ...promises, find: (path) => quietly(promises.lstat(path)) }),
  };
  const cpSync = (from, to, options) => use("node/fs_cp").cpSync(copying.now(), pathOf(from), pathOf(to), options);
  promises.cp = async (from, to, options) => use("node/fs_cp").cp(copying.later(), pathOf(from), pathOf(to), options);
  function cp(from, to, options, done = options) {
    validateFunction(done, "callback");
    promises.cp(from, to, typeof options === "function" ? undefined : options).then(() => done(null), done);
  }

  for (const [name, run] of Object.entries({ ...callbacks, ...syncs })) Object.defineProperty(run, "name", { value: name, configurable: true });
  const late = {
    get ReadStream() { return ReadStream(); },
    get WriteStream() { return WriteStream(); },
    get FileReadStream() { return ReadStream(); },
    get FileWriteStream() { return WriteStream(); },
    get Dir() { return use("node/fs_dir").Dir; },
  };
  return Object.defineProperties({ openAsBlob, _toUnixTimestamp: secondsOf, ...missing, ...looks, opendir, opendirSync, cp, cpSync, ...callbacks, ...syncs, ...byDescriptor, createReadStream, createWriteStream, constants, existsSync, promises, secondsOf, Stats, Dirent, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 }, Object.getOwnPropertyDescriptors(late));
};
