// AsyncResource, executionAsyncId and what of async_hooks is there without hooks.
const { AsyncResource, executionAsyncId, triggerAsyncId, createHook } = require("async_hooks");
const { show } = require("../show.js");
class Work extends AsyncResource {
  constructor() {
    super("Work");
  }
  run(f, ...args) {
    return this.runInAsyncScope(f, this, ...args);
  }
}
const work = new Work();
show("run", () =>
  work.run(
    function (a, b) {
      return [this === work, a + b];
    },
    1,
    2,
  ),
);
show("throws", () =>
  work.run(() => {
    throw new RangeError("inside");
  }),
);
show("ids", () => [
  typeof work.asyncId(),
  typeof work.triggerAsyncId(),
  typeof executionAsyncId(),
  typeof triggerAsyncId(),
]);
show("bind", () => {
  const bound = work.bind(function (x) {
    return [this === work || this === undefined || this === globalThis, x];
  });
  return [bound(5), bound.length];
});
show("static bind", () => AsyncResource.bind((x) => x * 2)(4));
show("bind this", () =>
  AsyncResource.bind(
    function () {
      return this.k;
    },
    "T",
    { k: 7 },
  )(),
);
show("bad bind", () => work.bind(5));
setTimeout(
  work.bind(() => console.log("timer")),
  1,
);
queueMicrotask(work.bind(() => console.log("job")));
process.nextTick(work.bind(() => console.log("tick")));
