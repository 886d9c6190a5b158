// `TextEncoderStream` and `TextDecoderStream`.
({ encode }, use) => {
  const { finish, text } = use("web/idl");
  const { bytesOf, decodeWith, start } = use("web/text");
  const { create, enqueue } = use("web/streams/transform");

  class TextDecoderStream {
    #state;
    #stream;

    constructor(label = "utf-8", options = undefined) {
      this.#state = start(label, options);
      const pass = (decoded, controller) => {
        if (decoded !== "") enqueue(controller, decoded);
      };
      this.#stream = create(
        (chunk, controller) => pass(decodeWith(this.#state, bytesOf(chunk), false), controller),
        (controller) => pass(decodeWith(this.#state, new Uint8Array(0), true), controller),
      );
    }

    get encoding() { return this.#state.encoding; }
    get fatal() { return this.#state.fatal; }
    get ignoreBOM() { return this.#state.ignoreBOM; }
    get readable() { return this.#stream.readable.public; }
    get writable() { return this.#stream.writable.public; }
  }
  finish(TextDecoderStream, { shown: ["encoding", "fatal", "ignoreBOM", "readable", "writable"] });

  class TextEncoderStream {
    #stream;

    constructor() {
      // The first half of a pair waits for the next chunk.
      let half = "";
      this.#stream = create((chunk, controller) => {
        let all = half + `${chunk}`;
        half = "";
        if (/[\ud800-\udbff]$/.test(all.slice(-1))) {
          half = all.slice(-1);
          all = all.slice(0, -1);
        }
        if (all !== "") enqueue(controller, encode(text(all)));
      }, (controller) => {
        if (half !== "") enqueue(controller, encode("\ufffd"));
      });
    }

    get encoding() { this.#stream; return "utf-8"; }
    get readable() { return this.#stream.readable.public; }
    get writable() { return this.#stream.writable.public; }
  }
  finish(TextEncoderStream, { shown: ["encoding", "readable", "writable"] });

  return { TextDecoderStream, TextEncoderStream };
};
