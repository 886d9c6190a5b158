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

  // As Node has it: what went wrong is the cause.
  function failed(cause) {
    const value = typeof cause === "string" ? new Error(cause) : cause;
    return Object.defineProperty(new TypeError("fetch failed"), "cause", { value, writable: true, configurable: true });
  }

  function local(scheme, { url, method }) {
    if (scheme === "data") {
      const { bytes, type } = use("web/data_url").dataUrl(url);
      if (bytes === undefined) throw failed("invalid data: URL");
      return received({ body: { stream: undefined, bytes, type }, headers: [["content-type", type]], statusText: "OK", url });
    }
    if (scheme !== "blob") throw failed(`this host cannot fetch ${scheme}: URLs`);
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
