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
  function failed(error) {
    let value;
    try {
      value = error instanceof Error ? describe(error) : cloneWith(error, []).result;
    } catch {
      value = describe(error instanceof Error ? error : new Error(use("web/inspect").inspect(error)));
    }
    if (first.limits.maxOldGenerationSizeMb !== undefined && error?.name === "InternalError" && error.message === "out of memory") {
      value = { error: { ...value.error, message: "Worker terminated due to reaching memory limit: JS heap out of memory", code: "ERR_WORKER_OUT_OF_MEMORY", name: "Error" } };
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
    return { error: { base, name: `${error.name}`, stack: `${error.stack}`, own } };
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
