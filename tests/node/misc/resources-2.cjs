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
show("bad type", () => new AsyncResource(5));
show("bad trigger", () => new AsyncResource("T", "x"));
show("none", () => new AsyncResource());
show("destroy", () => work.emitDestroy() === work);
show("hook bad", () => createHook({ init: 5 }));
show("hook", () => {
  const hook = createHook({});
  return [hook.enable() === hook, hook.disable() === hook];
});
setTimeout(
  work.bind(() => console.log("timer")),
  1,
);
queueMicrotask(work.bind(() => console.log("job")));
process.nextTick(work.bind(() => console.log("tick")));
