// `Request`, by the Fetch standard: there is no page, so no cookies, no cache, no referrer.
(_, use) => {
  const { choice, dictionary, fail, finish, isObject, need, text } = use("web/idl");
  const { Headers, listOf } = use("web/headers");
  const { AbortSignal, isSignal } = use("web/abort");
  const bodies = use("web/body");
  const { URL } = use("web/url");
  const MADE = Symbol("made by the host");

  // Names that are written in capitals whatever a program writes.
  const NORMAL = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
  const CHOICES = {
    mode: ["same-origin", "no-cors", "cors", "navigate"], credentials: ["omit", "same-origin", "include"],
    cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"], redirect: ["follow", "error", "manual"],
  };
  const DEFAULTS = { mode: "cors", credentials: "same-origin", cache: "default", redirect: "follow", referrer: "about:client", referrerPolicy: "", integrity: "", keepalive: false };

  function methodOf(value) {
    const method = `${value}`;
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) throw new TypeError(`"${method}" is no method`);
    const upper = method.toUpperCase();
    if (["CONNECT", "TRACE", "TRACK"].includes(upper)) throw new TypeError(`the method ${method} is not allowed`);
    return NORMAL.includes(upper) ? upper : method;
  }

  function urlOf(input) {
    const url = URL.parse(text(input));
    if (url === null) throw Object.assign(new TypeError(`Failed to parse URL from ${text(input)}`), { cause: fail(TypeError, "Invalid URL", "ERR_INVALID_URL") });
    if (url.username !== "" || url.password !== "") throw new TypeError("the URL of a request has no name and no password in it");
    return url.href;
  }

  let stateOf, isRequest;

  class Request {
    #state;

    static {
      isRequest = (value) => isObject(value) && #state in value;
      stateOf = (request) => request.#state;
    }

    constructor(input, init = undefined) {
      if (input === MADE) {
        this.#state = init;
        return;
      }
      need(arguments.length, 1, "Request");
      const base = isRequest(input) ? stateOf(input) : undefined;
      const given = dictionary(init);
      const state = base === undefined ? { ...DEFAULTS, method: "GET", url: urlOf(input), body: null } : { ...base, body: null };
      for (const [key, values] of Object.entries(CHOICES)) if (given[key] !== undefined) state[key] = choice(given[key], values, key);
      for (const key of ["integrity", "referrer", "referrerPolicy"]) if (given[key] !== undefined) state[key] = `${given[key]}`;
      if (given.keepalive !== undefined) state.keepalive = Boolean(given.keepalive);
      if (given.method !== undefined) state.method = methodOf(given.method);
      state.headers = new Headers(given.headers ?? base?.headers);
      state.signal = signalOf(given.signal === undefined ? base?.signal : given.signal);
      this.#state = state;
      takeBody(state, given, base);
    }

    get method() { return this.#state.method; }
    get url() { return this.#state.url; }
    get headers() { return this.#state.headers; }
    get destination() { this.#state; return ""; }
    get referrer() { return this.#state.referrer; }
    get referrerPolicy() { return this.#state.referrerPolicy; }
    get mode() { return this.#state.mode; }
    get credentials() { return this.#state.credentials; }
    get cache() { return this.#state.cache; }
    get redirect() { return this.#state.redirect; }
    get integrity() { return this.#state.integrity; }
    get keepalive() { return this.#state.keepalive; }
    get isReloadNavigation() { this.#state; return false; }
    get isHistoryNavigation() { this.#state; return false; }
    get signal() { return this.#state.signal; }
    get duplex() { this.#state; return "half"; }

    clone() {
      const state = this.#state;
      if (bodies.isUnusable(state.body)) throw fail(TypeError, "the body is locked or has been read already", "ERR_INVALID_STATE");
      const headers = new Headers();
      listOf(headers).push(...listOf(state.headers));
      return new Request(MADE, { ...state, headers, signal: AbortSignal.any([state.signal]), body: bodies.clone(state.body) });
    }
  }
  bodies.mixin(Request, (request) => stateOf(request));
  finish(Request, {
    shown: ["method", "url", "headers", "destination", "referrer", "referrerPolicy", "mode", "credentials", "cache", "redirect", "integrity", "keepalive", "isReloadNavigation", "isHistoryNavigation", "signal"],
  });

  function signalOf(signal) {
    if (signal === undefined || signal === null) return AbortSignal.any([]);
    if (!isSignal(signal)) throw fail(TypeError, "signal must be an AbortSignal", "ERR_INVALID_ARG_TYPE");
    return AbortSignal.any([signal]);
  }

  function takeBody(state, { body, duplex }, base) {
    const hasBody = body !== undefined && body !== null;
    if ((hasBody || (body === undefined && base?.body)) && ["GET", "HEAD"].includes(state.method)) throw new TypeError("Request with GET/HEAD method cannot have body.");
    if (hasBody) {
      state.body = bodies.extract(body);
      if (state.body.stream !== undefined && duplex === undefined) throw new TypeError("RequestInit: duplex option is required when sending a body.");
      if (state.body.type !== null && !state.headers.has("content-type")) state.headers.append("content-type", state.body.type);
    } else if (body === undefined && base?.body) {
      if (bodies.isUnusable(base.body)) throw fail(TypeError, "the body is locked or has been read already", "ERR_INVALID_STATE");
      state.body = { ...base.body };
      base.body.used = true;
    }
  }

  return { Request, isRequest, stateOf };
};
