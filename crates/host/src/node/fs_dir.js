// Folders that are read entry by entry: `opendir` of `node:fs`.
(native, use) => {
  const { make, validateFunction } = use("node/errors");
  const closed = () => make(Error, "ERR_DIR_CLOSED", "Directory handle was closed");

  // The entries were read when it was opened.
  class Dir {
    #entries;
    #at = 0;
    #open = true;

    constructor(path, entries) {
      this.#entries = entries;
      this.path = path;
    }

    #next() {
      if (!this.#open) throw closed();
      return this.#entries[this.#at++] ?? null;
    }

    readSync() { return this.#next(); }
    read(done) {
      if (done === undefined) return new Promise((resolve) => resolve(this.#next()));
      validateFunction(done, "callback");
      const entry = this.#next();
      return void process.nextTick(done, null, entry);
    }

    closeSync() {
      if (!this.#open) throw closed();
      this.#open = false;
    }

    close(done) {
      if (done === undefined) return new Promise((resolve) => { this.closeSync(); resolve(); });
      validateFunction(done, "callback");
      this.closeSync();
      return void process.nextTick(done, null);
    }

    async *entries() {
      try {
        for (let entry = this.#next(); entry !== null; entry = this.#next()) yield entry;
      } finally {
        if (this.#open) this.closeSync();
      }
    }

    [Symbol.asyncIterator]() { return this.entries(); }
    async [Symbol.asyncDispose ?? Symbol.for("asyncDispose")]() { if (this.#open) this.closeSync(); }
    [Symbol.dispose ?? Symbol.for("dispose")]() { if (this.#open) this.closeSync(); }
  }

  return { Dir };
};
