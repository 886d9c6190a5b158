// Bodies of requests and responses, by the Fetch standard.
({ encode, decode }, use) => {
  const { fail, isObject, promised, promiseThen, rejectedWith, resolvedWith, text } = use("web/idl");
  const { isArrayBuffer } = use("web/streams/common");
  const { isLocked, read, makeReader } = use("web/streams/core");
  const { fromSource, isReadable, recordOf } = use("web/streams/readable");
  const NativePromise = Promise;

  // What a body is made from becomes `{ stream, bytes, type }`: `bytes` where they are all known.
  function extract(source) {
    if (isReadable(source)) {
      const record = recordOf(source);
      if (isLocked(record) || record.disturbed) throw fail(TypeError, "the stream is locked or has been read from", "ERR_INVALID_STATE");
      return { stream: source, bytes: undefined, type: null };
    }
    const { bytes, type } = known(source);
    return { stream: undefined, bytes, type };
  }

  function known(source) {
    if (isObject(source)) {
      if (isArrayBuffer(source)) return { bytes: new Uint8Array(source).slice(), type: null };
      if (ArrayBuffer.isView(source)) return { bytes: new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice(), type: null };
      const blobs = use("web/blob");
      if (blobs.isBlob(source)) return { bytes: blobs.dataOf(source), type: source.type === "" ? null : source.type };
      const { URLSearchParams } = use("web/url");
      if (source instanceof URLSearchParams) return { bytes: encode(`${source}`), type: "application/x-www-form-urlencoded;charset=UTF-8" };
      const forms = use("web/form_data");
      if (forms.isFormData(source)) {
        const { bytes, boundary } = forms.toMultipart(source);
        return { bytes, type: `multipart/form-data; boundary=${boundary}` };
      }
    }
    return { bytes: encode(text(source)), type: "text/plain;charset=UTF-8" };
  }

  // The stream of a body; one is made where only the bytes are there.
  function streamOf(body) {
    if (body === null) return null;
    if (body.stream === undefined) {
      let { bytes } = body;
      body.stream = fromSource({
        type: "bytes",
        pull(controller) {
          if (bytes !== undefined && bytes.length > 0) {
            controller.enqueue(bytes.slice());
            bytes = undefined;
          } else {
            controller.close();
            controller.byobRequest?.respond(0);
          }
        },
      }, 0);
    }
    return body.stream;
  }

  const isUsed = (body) => body !== null && (body.used === true || (body.stream !== undefined && recordOf(body.stream).disturbed));
  const isUnusable = (body) => isUsed(body) || (body?.stream !== undefined && isLocked(recordOf(body.stream)));

  // All bytes of a body, once.
  function consume(body) {
    if (body === null) return resolvedWith(new Uint8Array(0));
    if (isUnusable(body)) return rejectedWith(fail(TypeError, "Body is unusable: it is locked or has been read already", "ERR_INVALID_STATE"));
    if (body.stream === undefined) {
      body.used = true;
      return resolvedWith(body.bytes.slice());
    }
    return readAll(body.stream);
  }

  function readAll(stream) {
    const reader = makeReader(recordOf(stream), "default");
    const chunks = [];
    return new NativePromise((resolve, reject) => {
      const next = () => read(reader, {
        chunk(chunk) {
          if (!(chunk instanceof Uint8Array)) {
            reject(new TypeError("a chunk of a body must be a Uint8Array"));
            return;
          }
          chunks.push(chunk);
          globalThis.queueMicrotask(next);
        },
        close: () => resolve(joined(chunks)),
        error: reject,
      });
      next();
    });
  }

  function joined(chunks) {
    const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  // Two bodies out of one.
  function clone(body) {
    if (body === null) return null;
    if (body.stream === undefined) return { ...body };
    const [first, second] = body.stream.tee();
    body.stream = first;
    return { ...body, stream: second };
  }

  const withoutMark = (bytes) => decode(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes);

  function formOf(bytes, type) {
    const boundary = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(type ?? "");
    if (boundary !== null) return use("web/form_data").fromMultipart(bytes, boundary[1] ?? boundary[2]);
    if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type ?? "")) throw new TypeError(`the body has the type ${type}, which is none of a form`);
    const { FormData } = use("web/form_data");
    const form = new FormData();
    for (const [name, value] of new (use("web/url").URLSearchParams)(decode(bytes))) form.append(name, value);
    return form;
  }

  // Gives a class the members of a body; `stateOf(object)` has `body` and `headers`.
  function mixin(Class, stateOf) {
    const then = (object, convert) => promised(() => {
      const state = stateOf(object);
      return promiseThen(consume(state.body), (bytes) => convert(bytes, state));
    });
    const members = {
      get body() { return streamOf(stateOf(this).body); },
      get bodyUsed() { return isUsed(stateOf(this).body); },
      arrayBuffer() { return then(this, (bytes) => bytes.buffer); },
      blob() { return then(this, (bytes, { headers }) => new (use("web/blob").Blob)([bytes], { type: headers.get("content-type") ?? "" })); },
      bytes() { return then(this, (bytes) => bytes); },
      formData() { return then(this, (bytes, { headers }) => formOf(bytes, headers.get("content-type"))); },
      json() { return then(this, (bytes) => JSON.parse(withoutMark(bytes))); },
      text() { return then(this, withoutMark); },
    };
    Object.defineProperties(Class.prototype, Object.getOwnPropertyDescriptors(members));
  }

  return { clone, consume, extract, isUnusable, mixin, streamOf };
};
