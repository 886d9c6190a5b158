// `node:readline/promises`.
(native, use) => {
  const { validateInteger } = use("node/errors");
  const { Interface: Base, ask, clearLine, cursorTo, moveCursor, clearScreenDown } = use("node/readline");

  class Interface extends Base {
    question(query, options) { return ask(this, query, options); }
  }

  // Changes of a screen that are made together.
  class Readline {
    #stream;
    #texts = [];
    #commits;

    constructor(stream, { autoCommit = false } = {}) {
      this.#stream = stream;
      this.#commits = autoCommit;
    }

    #add(change) {
      const write = (text) => { this.#texts.push(text); return true; };
      change({ write });
      if (this.#commits) process.nextTick(() => this.commit());
      return this;
    }

    clearLine(direction) { validateInteger(direction, "dir", -1, 1); return this.#add((stream) => clearLine(stream, direction)); }
    clearScreenDown() { return this.#add((stream) => clearScreenDown(stream)); }
    cursorTo(x, y) { return this.#add((stream) => cursorTo(stream, x, y)); }
    moveCursor(dx, dy) { return this.#add((stream) => moveCursor(stream, dx, dy)); }
    rollback() { this.#texts = []; return this; }
    commit() {
      const text = this.#texts.join("");
      this.#texts = [];
      return new Promise((resolve) => this.#stream.write(text, () => resolve()));
    }
  }

  return { Interface, Readline, createInterface: (...args) => new Interface(...args) };
};
