// `navigator`.
(_, use) => {
  const { fail, finish } = use("web/idl");
  const MADE = Symbol("made by the host");

  class Navigator {
    #brand;

    constructor(token = undefined) {
      if (token !== MADE) throw fail(TypeError, "Illegal constructor", "ERR_ILLEGAL_CONSTRUCTOR");
    }

    get language() { this.#brand; return "en-US"; }
    get languages() { this.#brand; return Object.freeze(["en-US"]); }
    get platform() { this.#brand; return process.platform; }
    // Its first part tells libraries which runtime it is.
    get userAgent() { this.#brand; return `Bident/${process.versions.bident}`; }
  }
  finish(Navigator);

  return { Navigator, navigator: new Navigator(MADE) };
};
