// What a worker knows of itself, and tells who has started it. In the main thread there is nothing to know.
(native, use) => {
  const { begun } = use("node/worker_natives");
  const own = begun() ?? undefined;
  if (own === undefined) return { isMainThread: true };
  const { pack, unpack } = use("node/worker_packets");
  const { importPort } = use("web/messages");
  const { cloneWith } = use("web/clone");
  const { control } = own;
  const first = unpack(control.take());
  const parentPort = importPort(own.port);
  const tell = (type, value) => control.post(...pack({ type, value }));

  // What nobody caught goes there, as far as it can be cloned.
  function failed(error, isOfPromise) {
    let value;
    if (isOfPromise && !(error instanceof Error)) {
      const { inspect } = use("web/inspect");
      const reason = Array.isArray(error) ? "[object Array]" : typeof error === "object" && error !== null ? `#<${error.constructor?.name ?? "Object"}>` : typeof error === "symbol" ? inspect(error) : String(error);
      const message = `This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "${reason}".`;
      error = Object.assign(new Error(message), { name: "UnhandledPromiseRejection", code: "ERR_UNHANDLED_REJECTION" });
    }
    try {
      value = error instanceof Error ? describe(error) : cloneWith(error, []).result;
    } catch {
      value = error instanceof Error ? describe(error) : use("web/inspect").inspect(error);
    }
    // There may not even have been memory for an error.
    if (own.isLimited && (error === null || (error?.name === "InternalError" && error.message === "out of memory"))) {
      value = { error: { message: "Worker terminated due to reaching memory limit: JS heap out of memory", code: "ERR_WORKER_OUT_OF_MEMORY" } };
    }
    tell("error", value);
  }

  // Classes of a program's own are errors there; what else an error has goes along.
  function describe(error) {
    const own = {};
    for (const key of Object.keys(error)) {
      try { own[key] = cloneWith(error[key], []).result; } catch {}
    }
    let base = cloneWith(Object.assign(new Error(`${error.message}`), {}), []).result;
    try { base = cloneWith(error, []).result; } catch {}
    const all = { base, name: `${error.name}`, message: `${error.message}`, stack: `${error.stack}`, own };
    if (error instanceof AggregateError && Array.isArray(error.errors)) {
      try { all.errors = cloneWith(error.errors, []).result; } catch {}
    }
    return { error: all };
  }

  tell("online");
  function receiveInput() {
    const { Readable } = use("node/stream");
    const stream = new Readable({ read() {} });
    control.listen(() => {
      for (let packet = control.take(); packet !== undefined; packet = control.take()) stream.push(unpack(packet));
    });
    return stream;
  }

  return { isMainThread: false, id: own.id, name: first.name, workerData: first.workerData, limits: first.limits, environment: first.environment, argv: first.argv, execArgv: first.execArgv, parentPort, failed, input: () => (first.hasInput ? receiveInput() : undefined) };
};
