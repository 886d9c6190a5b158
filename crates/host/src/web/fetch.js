// `fetch`: what `data:` and `blob:` URLs stand for. Of others it says that they cannot be had.
(_, use) => {
  const { need, promised, rejectedWith, resolvedWith } = use("web/idl");
  const { reasonOf } = use("web/abort");
  const { Request, stateOf } = use("web/request");
  const { received } = use("web/response");

  // As Node has it: what went wrong is the cause.
  function failed(message) {
    return Object.defineProperty(new TypeError("fetch failed"), "cause", { value: new Error(message), writable: true, configurable: true });
  }

  const found = (url, bytes, type) =>
    received({ body: { stream: undefined, bytes, type }, headers: [["content-length", `${bytes.length}`], ["content-type", type]], statusText: "OK", url });

  function load({ url, method }) {
    const scheme = url.slice(0, url.indexOf(":"));
    if (scheme === "data") {
      const { bytes, type } = use("web/data_url").dataUrl(url);
      if (bytes === undefined) throw failed("invalid data: URL");
      return received({ body: { stream: undefined, bytes, type }, headers: [["content-type", type]], statusText: "OK", url });
    }
    if (scheme === "blob") {
      const blob = use("web/url").blobOf(url);
      if (blob === undefined) throw failed("no blob has this URL");
      if (method !== "GET") throw failed(`the method ${method} does not go with a blob`);
      return found(url, use("web/blob").dataOf(blob), blob.type);
    }
    throw failed(`this host cannot fetch ${scheme}: URLs`);
  }

  const { fetch } = {
    fetch(input, init = undefined) {
      return promised(() => {
        need(arguments.length, 1, "fetch");
        const state = stateOf(new Request(input, init));
        if (state.signal.aborted) return rejectedWith(reasonOf(state.signal));
        return resolvedWith(load(state));
      });
    },
  };

  return { fetch };
};
