// `CountQueuingStrategy` and `ByteLengthQueuingStrategy`.
(_, use) => {
  const { dictionary, finish, need } = use("web/idl");

  const required = (init, what) => {
    const { highWaterMark } = dictionary(init);
    if (highWaterMark === undefined) throw new TypeError(`${what} needs a highWaterMark`);
    return +highWaterMark;
  };
  // One function for all strategies.
  const { size: count } = { size: () => 1 };
  const byteLength = { size: (chunk) => chunk.byteLength }.size;

  class CountQueuingStrategy {
    #highWaterMark;
    constructor(init) {
      need(arguments.length, 1, "CountQueuingStrategy");
      this.#highWaterMark = required(init, "CountQueuingStrategy");
    }
    get highWaterMark() { return this.#highWaterMark; }
    get size() { this.#highWaterMark; return count; }
  }

  class ByteLengthQueuingStrategy {
    #highWaterMark;
    constructor(init) {
      need(arguments.length, 1, "ByteLengthQueuingStrategy");
      this.#highWaterMark = required(init, "ByteLengthQueuingStrategy");
    }
    get highWaterMark() { return this.#highWaterMark; }
    get size() { this.#highWaterMark; return byteLength; }
  }

  return {
    CountQueuingStrategy: finish(CountQueuingStrategy, { shown: ["highWaterMark"] }),
    ByteLengthQueuingStrategy: finish(ByteLengthQueuingStrategy, { shown: ["highWaterMark"] }),
  };
};
