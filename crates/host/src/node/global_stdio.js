// `process.stdin`, `process.stdout`, `process.stderr`.
(native, use) => {
  const { Readable, Writable } = use("node/stream");
  const { now, later } = native;
  const { describe } = use("node/file_classes");

  const isWorker = !use("node/worker_self").isMainThread;

  // A stream that has written everything when `write` returns.
  class WriteStream extends Writable {
    constructor(fd) {
      super({ decodeStrings: false, autoDestroy: false, emitClose: false });
      this.fd = fd;
      this._type = native.isatty(fd) ? "tty" : "pipe";
      if (native.isatty(fd)) {
        this.isTTY = true;
        const size = native.windowSize(fd);
        [this.columns, this.rows] = size ?? [80, 24];
      }
    }

    _write(chunk, encoding, done) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
      if (isWorker) {
        use("node/worker_natives").print(this.fd === 2, bytes);
        done();
        return;
      }
      try {
        now.handle_write(this.fd, bytes, undefined);
        done();
      } catch (error) {
        done(describe(error, "write"));
      }
    }

    // Programs may end these without the descriptor being closed under others.
    _destroy(error, done) { done(error); }
    getWindowSize() { return [this.columns, this.rows]; }
    getColorDepth() { return this.isTTY ? 8 : 1; }
    hasColors(count = 16) { return this.isTTY === true && count <= 256; }
    cursorTo(x, y, done) {
      if (typeof y === "function") [y, done] = [undefined, y];
      return this.write(y === undefined ? `\x1b[${x + 1}G` : `\x1b[${y + 1};${x + 1}H`, done);
    }
    moveCursor(dx, dy, done) {
      const step = (count, plus, minus) => (count > 0 ? `\x1b[${count}${plus}` : count < 0 ? `\x1b[${-count}${minus}` : "");
      return this.write(step(dx, "C", "D") + step(dy, "B", "A"), done);
    }
    clearLine(direction, done) { return this.write(direction < 0 ? "\x1b[1K" : direction > 0 ? "\x1b[0K" : "\x1b[2K", done); }
    clearScreenDown(done) { return this.write("\x1b[0J", done); }
  }

  class ReadStream extends Readable {
    constructor(fd) {
      super({ highWaterMark: 65536, autoDestroy: true });
      this.fd = fd;
      if (native.isatty(fd)) {
        this.isTTY = true;
        this.isRaw = false;
      }
    }

    _read(size) {
      later.handle_read(this.fd, size, undefined).then(
        (bytes) => this.push(bytes.length === 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
        (error) => this.destroy(describe(error, "read")),
      );
    }

    setRawMode(mode) {
      this.isRaw = Boolean(mode);
      return this;
    }
    ref() { return this; }
    unref() { return this; }
  }

  // Of a worker it is what its parent writes.
  const inputOfWorker = () => {
    const given = use("node/worker_self").input();
    if (given !== undefined) return given;
    const none = new Readable({ read() {} });
    none.push(null);
    return none;
  };
  return { stdin: () => (isWorker ? inputOfWorker() : new ReadStream(0)), output: (fd) => new WriteStream(fd), ReadStream, WriteStream };
};
