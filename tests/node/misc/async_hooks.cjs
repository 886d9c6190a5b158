// Values that follow what is asynchronous.
const { AsyncLocalStorage, AsyncResource, executionAsyncId, triggerAsyncId } = require("node:async_hooks");
const storage = new AsyncLocalStorage();
console.log(storage.getStore(), storage.run(1, () => storage.getStore()), storage.getStore());
storage.run("outer", () => {
  setTimeout(() => console.log("timeout", storage.getStore()), 1);
  setImmediate(() => console.log("immediate", storage.getStore()));
  process.nextTick(() => console.log("tick", storage.getStore()));
  queueMicrotask(() => console.log("microtask", storage.getStore()));
  Promise.resolve().then(() => console.log("promise", storage.getStore()));
  (async () => { await null; console.log("async", storage.getStore()); })();
  storage.run("inner", () => console.log(storage.getStore()));
  console.log(storage.getStore(), storage.exit(() => storage.getStore()));
});
const resource = new AsyncResource("OWN");
console.log(resource.runInAsyncScope((a, b) => a + b, null, 1, 2), typeof resource.asyncId(), typeof executionAsyncId(), typeof triggerAsyncId());
console.log(AsyncResource.bind((x) => x * 2)(4), AsyncLocalStorage.bind(() => storage.getStore())());
const snapshot = storage.run("kept", () => AsyncLocalStorage.snapshot());
console.log(snapshot(() => storage.getStore()), storage.getStore());
storage.enterWith("entered");
console.log(storage.getStore());
// What is due is due when the loop begins.
for (const since = Date.now(); Date.now() - since < 3; );
