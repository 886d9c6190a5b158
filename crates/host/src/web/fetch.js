// `fetch`, by the Fetch standard: `http:` and `https:` from servers, `data:` and `blob:` from memory. There is no
// page, so no cookies, no cache, and no origin that others would have to allow.
({ request, ticket }, use) => {
  const { need, promised, promiseThen, rejectedWith, resolvedWith } = use("web/idl");
  const { reasonOf, whenAborted } = use("web/abort");
  const { consume } = use("web/body");
  const { listOf } = use("web/headers");
  const { Request, stateOf } = use("web/request");
  const { received } = use("web/response");
  const { fromSource } = use("web/streams/readable");
  const { URL } = use("web/url");
  const NativePromise = Promise;
  const MOST_REDIRECTIONS = 20;

  // Ports of other protocols, which the standard keeps `fetch` from.
  const BAD_PORTS = new Set([
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139,
    143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659,
    4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  ]);

  // What the system said, in Node's words: which call failed, of which place.
  function systemError({ errno, hostname, places, message }) {
    if (hostname !== undefined) return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { errno: -3008, code: "ENOTFOUND", syscall: "getaddrinfo", hostname });
    const { code } = use("node/file_classes").describe(Object.assign(new Error(), { errno }), "connect");
    const one = (syscall, [address, port]) => {
      const place = port === 0 ? address : `${address}:${port}`;
      return Object.assign(new Error(`${syscall} ${code} ${place}`), { errno: -errno, code, syscall, address, ...(port === 0 ? {} : { port }) });
    };
    if (places === undefined) return Object.assign(new Error(`read ${code}`), { errno: -errno, code, syscall: "read" });
    const errors = places.map((place) => one("connect", place));
    return errors.length === 1 ? errors[0] : Object.assign(new AggregateError(errors), { code });
  }

  // As Node has it: what went wrong is the cause.
  function failed(cause) {
    if (cause?.failure !== undefined) cause = systemError(cause.failure);
    const value = typeof cause === "string" ? new Error(cause) : cause;
    return Object.defineProperty(new TypeError("fetch failed"), "cause", { value, writable: true, configurable: true });
  }

  function local(scheme, { url, method }) {
    if (scheme === "data") {
      const { bytes, type } = use("web/data_url").dataUrl(url);
      if (bytes === undefined) throw failed("invalid data: URL");
      return received({ body: { stream: undefined, bytes, type }, headers: [["content-type", type]], statusText: "OK", url });
    }
    if (scheme !== "blob") throw failed("unknown scheme");
    const blob = use("web/url").blobOf(url);
    if (blob === undefined) throw failed("no blob has this URL");
    if (method !== "GET") throw failed(`the method ${method} does not go with a blob`);
    const bytes = use("web/blob").dataOf(blob);
    const headers = [["content-length", `${bytes.length}`], ["content-type", blob.type]];
    return received({ body: { stream: undefined, bytes, type: blob.type }, headers, statusText: "OK", url });
  }

  // The headers that go with every request, unless a program has its own.
  function sent(state) {
    const list = [...listOf(state.headers)];
    const has = (name) => list.some(([other]) => other === name);
    if (!has("accept")) list.push(["accept", "*/*"]);
    if (!has("accept-language")) list.push(["accept-language", "*"]);
    return list;
  }

  // Follows redirections by the rules for methods and bodies.
  async function load(state, bytes, track) {
    let { url, method } = state;
    let headers = sent(state);
    for (let hops = 0; ; hops++) {
      if (BAD_PORTS.has(Number(new URL(url).port))) throw new Error("bad port");
      const own = ticket();
      track(() => own.cancel());
      const answer = await request(own, method, url.replace(/#.*$/s, ""), headers.flat(), bytes);
      const location = pairs(answer.headers).find(([name]) => name === "location")?.[1];
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined || state.redirect === "manual") {
        return { answer, url, redirected: hops > 0 };
      }
      answer.body.close();
      if (state.redirect === "error") throw new Error("unexpected redirect");
      if (hops === MOST_REDIRECTIONS) throw new Error("redirect count exceeded");
      const next = new URL(location, url);
      if (next.protocol !== "http:" && next.protocol !== "https:") throw new Error("URL scheme must be a HTTP(S) scheme");
      if (((answer.status === 301 || answer.status === 302) && method === "POST") || (answer.status === 303 && method !== "GET" && method !== "HEAD")) {
        method = "GET";
        bytes = undefined;
        headers = headers.filter(([name]) => !["content-encoding", "content-language", "content-location", "content-type", "content-length"].includes(name));
      }
      if (next.origin !== new URL(url).origin) headers = headers.filter(([name]) => !["authorization", "proxy-authorization", "cookie", "host"].includes(name));
      url = next.href;
    }
  }

  const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

  // The body as a stream, which an abort ends, too.
  function streamOf(incoming, signal) {
    let forget = () => {};
    return fromSource({
      type: "bytes",
      start(controller) {
        forget = whenAborted(signal, () => {
          incoming.close();
          controller.error(reasonOf(signal));
        });
      },
      async pull(controller) {
        const bytes = await incoming.next();
        if (signal.aborted) return;
        if (bytes !== undefined) {
          controller.enqueue(bytes);
          return;
        }
        forget();
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel() {
        forget();
        incoming.close();
      },
    }, 0);
  }

  function remote(state) {
    const { signal, method } = state;
    return new NativePromise((resolve, reject) => {
      let cancel = () => {};
      const forget = whenAborted(signal, () => {
        reject(reasonOf(signal));
        cancel();
      });
      const track = (f) => { if (signal.aborted) throw reasonOf(signal); cancel = f; };
      const loaded = promiseThen(state.body === null ? resolvedWith(undefined) : consume(state.body), (bytes) => load(state, bytes, track));
      promiseThen(loaded, ({ answer, url, redirected }) => {
        forget();
        if (signal.aborted) {
          answer.body.close();
          return;
        }
        const { status, statusText } = answer;
        const isEmpty = method === "HEAD" || [101, 103, 204, 205, 304].includes(status);
        const body = isEmpty ? null : { stream: streamOf(answer.body, signal), bytes: undefined, type: null };
        resolve(received({ body, headers: pairs(answer.headers), status, statusText, url: url.replace(/#.*$/s, ""), redirected }));
      }, (error) => reject(failed(error)));
    });
  }

  const { fetch } = {
    fetch(input, init = undefined) {
      return promised(() => {
        need(arguments.length, 1, "fetch");
        const state = stateOf(new Request(input, init));
        if (state.signal.aborted) return rejectedWith(reasonOf(state.signal));
        const scheme = state.url.slice(0, state.url.indexOf(":"));
        return scheme === "http" || scheme === "https" ? remote(state) : resolvedWith(local(scheme, state));
      });
    },
  };

  return { fetch };
};
