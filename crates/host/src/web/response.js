// `Response`, by the Fetch standard.
(_, use) => {
  const { dictionary, fail, finish, integer, isObject, need, text } = use("web/idl");
  const { Headers, fixed, listOf } = use("web/headers");
  const bodies = use("web/body");
  const { URL } = use("web/url");
  const MADE = Symbol("made by the host");
  const WITHOUT_BODY = [101, 103, 204, 205, 304];
  const REDIRECTS = [301, 302, 303, 307, 308];

  let stateOf, isResponse;

  class Response {
    #state;

    static {
      isResponse = (value) => isObject(value) && #state in value;
      stateOf = (response) => response.#state;
    }

    constructor(body = undefined, init = undefined) {
      if (body === MADE) {
        this.#state = init;
        return;
      }
      const { headers, status, statusText } = dictionary(init);
      this.#state = {
        body: null, headers: new Headers(headers), status: status === undefined ? 200 : integer(status, { bits: 16 }), statusText: statusText === undefined ? "" : `${statusText}`,
        type: "default", url: "", redirected: false,
      };
      initialize(this.#state, body ?? null);
    }

    static error() {
      return new Response(MADE, { body: null, headers: fixed([]), status: 0, statusText: "", type: "error", url: "", redirected: false });
    }

    static redirect(url, status = 302) {
      need(arguments.length, 1, "Response.redirect");
      const { href } = new URL(text(url));
      const code = integer(status, { bits: 16 });
      if (!REDIRECTS.includes(code)) throw new RangeError(`${code} is no status of a redirection`);
      return new Response(MADE, { body: null, headers: fixed([["location", href]]), status: code, statusText: "", type: "default", url: "", redirected: false });
    }

    static json(data, init = undefined) {
      need(arguments.length, 1, "Response.json");
      const json = JSON.stringify(data);
      if (json === undefined) throw new TypeError("the data is nothing that JSON has");
      const { headers, status, statusText } = dictionary(init);
      const given = new Headers(headers);
      if (!given.has("content-type")) given.set("content-type", "application/json");
      return new Response(json, { headers: given, status, statusText });
    }

    get type() { return this.#state.type; }
    get url() { return this.#state.url; }
    get redirected() { return this.#state.redirected; }
    get status() { return this.#state.status; }
    get ok() { return this.#state.status >= 200 && this.#state.status <= 299; }
    get statusText() { return this.#state.statusText; }
    get headers() { return this.#state.headers; }

    clone() {
      const state = this.#state;
      if (bodies.isUnusable(state.body)) throw fail(TypeError, "the body is locked or has been read already", "ERR_INVALID_STATE");
      const headers = new Headers();
      listOf(headers).push(...listOf(state.headers));
      return new Response(MADE, { ...state, headers, body: bodies.clone(state.body) });
    }
  }
  bodies.mixin(Response, (response) => stateOf(response));
  finish(Response, { shown: ["status", "statusText", "headers", "body", "bodyUsed", "ok", "redirected", "type", "url"] });

  function initialize(state, body) {
    if (state.status < 200 || state.status > 599) throw new RangeError(`${state.status} is no status from 200 to 599`);
    if (/[^\t\x20-\x7e\x80-\xff]/.test(state.statusText)) throw new TypeError("statusText has characters that cannot be in it");
    if (body === null) return;
    if (WITHOUT_BODY.includes(state.status)) throw new TypeError(`a response with status ${state.status} has no body`);
    state.body = bodies.extract(body);
    if (state.body.type !== null && !state.headers.has("content-type")) state.headers.append("content-type", state.body.type);
  }

  // A response that has come.
  const received = ({ body = null, headers = [], status = 200, statusText = "", url = "", redirected = false }) =>
    new Response(MADE, { body, headers: fixed(headers), status, statusText, type: "basic", url, redirected });

  return { Response, isResponse, received };
};
