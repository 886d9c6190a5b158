// `tee`: two streams with the chunks of one.
(_, use) => {
  const { deferred, promiseThen, resolvedWith } = use("web/idl");
  const { slice } = use("web/streams/common");
  const core = use("web/streams/core");
  const chunks = use("web/streams/default_controller");
  const bytes = use("web/streams/byte_controller");
  const { acquire, acquireBYOB, readInto } = use("web/streams/readers");
  const defer = globalThis.queueMicrotask;

  // What both kinds share: each branch may be canceled, and when both are, the stream is.
  function branches(stream) {
    const canceled = deferred();
    const state = { canceled: [false, false], reasons: [undefined, undefined], done: canceled };
    const cancel = (i) => (reason) => {
      state.canceled[i] = true;
      state.reasons[i] = reason;
      if (state.canceled[1 - i]) canceled.resolve(core.cancel(stream, [...state.reasons]));
      return canceled.promise;
    };
    return { state, canceled, cancel };
  }

  function teeDefault(stream, clone) {
    const reader = acquire(stream);
    const { state, canceled, cancel } = branches(stream);
    const [first, second] = [core.makeStream(), core.makeStream()];
    let reading = false;
    let readAgain = false;
    const pull = () => {
      if (reading) {
        readAgain = true;
        return resolvedWith(undefined);
      }
      reading = true;
      core.read(reader, {
        // A microtask later, so that errors of the stream come to both at the same time as to its reader.
        chunk: (chunk) => defer(() => {
          readAgain = false;
          let copy = chunk;
          if (clone !== undefined && !state.canceled[1]) {
            try {
              copy = clone(chunk);
            } catch (reason) {
              chunks.error(first.controller, reason);
              chunks.error(second.controller, reason);
              canceled.resolve(core.cancel(stream, reason));
              return;
            }
          }
          if (!state.canceled[0]) chunks.enqueue(first.controller, chunk);
          if (!state.canceled[1]) chunks.enqueue(second.controller, copy);
          reading = false;
          if (readAgain) pull();
        }),
        close: () => {
          reading = false;
          for (const i of [0, 1]) if (!state.canceled[i]) chunks.close([first, second][i].controller);
          if (!state.canceled[0] || !state.canceled[1]) canceled.resolve(undefined);
        },
        error: () => { reading = false; },
      });
      return resolvedWith(undefined);
    };
    const nothing = () => undefined;
    chunks.setUp(first, nothing, { pull, cancel: cancel(0), size: () => 1 }, 1);
    chunks.setUp(second, nothing, { pull, cancel: cancel(1), size: () => 1 }, 1);
    promiseThen(reader.closed.promise, undefined, (reason) => {
      chunks.error(first.controller, reason);
      chunks.error(second.controller, reason);
      if (!state.canceled[0] || !state.canceled[1]) canceled.resolve(undefined);
    });
    return [first, second];
  }

  const cloneView = (view) =>
    new Uint8Array(slice(view.buffer, view.byteOffset, view.byteOffset + view.byteLength));

  function teeBytes(stream) {
    let reader = acquire(stream);
    const { state, canceled, cancel } = branches(stream);
    const both = [core.makeStream(), core.makeStream()];
    let reading = false;
    const again = [false, false];

    const watch = (watched) => promiseThen(watched.closed.promise, undefined, (reason) => {
      if (watched !== reader) return;
      for (const branch of both) bytes.error(branch.controller, reason);
      if (!state.canceled[0] || !state.canceled[1]) canceled.resolve(undefined);
    });

    const failed = (reason) => {
      for (const branch of both) bytes.error(branch.controller, reason);
      canceled.resolve(core.cancel(stream, reason));
    };

    const pullAgain = () => {
      reading = false;
      if (again[0]) pull(0);
      else if (again[1]) pull(1);
    };

    function replaceReader(acquireOther) {
      core.release(reader);
      reader = acquireOther(stream);
      watch(reader);
    }

    function pullDefault() {
      if (reader.kind === "byob") replaceReader(acquire);
      core.read(reader, {
        chunk: (chunk) => defer(() => {
          again[0] = again[1] = false;
          let copy = chunk;
          if (!state.canceled[0] && !state.canceled[1]) {
            try {
              copy = cloneView(chunk);
            } catch (reason) {
              failed(reason);
              return;
            }
          }
          if (!state.canceled[0]) bytes.enqueue(both[0].controller, chunk);
          if (!state.canceled[1]) bytes.enqueue(both[1].controller, copy);
          pullAgain();
        }),
        close: () => {
          reading = false;
          for (const i of [0, 1]) if (!state.canceled[i]) bytes.close(both[i].controller);
          for (const branch of both) if (branch.controller.pendingPullIntos.length > 0) bytes.respond(branch.controller, 0);
          if (!state.canceled[0] || !state.canceled[1]) canceled.resolve(undefined);
        },
        error: () => { reading = false; },
      });
    }

    // Reads into the buffer that one branch's reader gave; the other branch gets a copy.
    function pullInto(view, i) {
      if (reader.kind === "default") replaceReader(acquireBYOB);
      const [mine, other] = [both[i], both[1 - i]];
      readInto(reader, view, 1, {
        chunk: (chunk) => defer(() => {
          again[0] = again[1] = false;
          if (!state.canceled[1 - i]) {
            let copy;
            try {
              copy = cloneView(chunk);
            } catch (reason) {
              failed(reason);
              return;
            }
            if (!state.canceled[i]) bytes.respondWithNewView(mine.controller, chunk);
            bytes.enqueue(other.controller, copy);
          } else if (!state.canceled[i]) {
            bytes.respondWithNewView(mine.controller, chunk);
          }
          pullAgain();
        }),
        close: (chunk) => {
          reading = false;
          if (!state.canceled[i]) bytes.close(mine.controller);
          if (!state.canceled[1 - i]) bytes.close(other.controller);
          if (chunk !== undefined) {
            if (!state.canceled[i]) bytes.respondWithNewView(mine.controller, chunk);
            if (!state.canceled[1 - i] && other.controller.pendingPullIntos.length > 0) bytes.respond(other.controller, 0);
          }
          if (!state.canceled[i] || !state.canceled[1 - i]) canceled.resolve(undefined);
        },
        error: () => { reading = false; },
      });
    }

    function pull(i) {
      if (reading) {
        again[i] = true;
        return resolvedWith(undefined);
      }
      reading = true;
      const request = bytes.requestOf(both[i].controller);
      if (request === null) pullDefault();
      else pullInto(request.view, i);
      return resolvedWith(undefined);
    }

    for (const i of [0, 1]) {
      bytes.setUp(both[i], () => undefined, { pull: () => pull(i), cancel: cancel(i) }, 0, undefined);
    }
    watch(reader);
    return both;
  }

  return { tee: (stream, clone) => (stream.controller.kind === "byte" ? teeBytes(stream) : teeDefault(stream, clone)) };
};
