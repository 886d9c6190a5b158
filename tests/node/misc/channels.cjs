// `node:diagnostics_channel`.
const { AsyncLocalStorage } = require("async_hooks");
const { Channel, channel, hasSubscribers, subscribe, tracingChannel, unsubscribe } = require("diagnostics_channel");

const first = channel("first");
console.log(first === channel("first"), first instanceof Channel, first.name, first.hasSubscribers, hasSubscribers("first"), hasSubscribers("none"));
first.publish("nobody");
const listener = (...args) => console.log("heard", ...args);
subscribe("first", listener);
first.subscribe(() => console.log("second"));
first.publish({ a: 1 });
console.log(hasSubscribers("first"), unsubscribe("first", listener), unsubscribe("first", listener), first.hasSubscribers);
const sign = Symbol("sign");
subscribe(sign, (message, name) => console.log(message, name === sign));
channel(sign).publish("by a symbol");
for (const call of [() => channel(1), () => first.subscribe("no")]) {
  try {
    call();
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
}

const store = new AsyncLocalStorage();
const stores = channel("stores");
stores.bindStore(store, (data) => ({ ...data, seen: true }));
console.log(stores.hasSubscribers, stores.runStores({ n: 1 }, function (a) { return [store.getStore(), this.self, a]; }, { self: "me" }, "argument"), store.getStore());
console.log(stores.unbindStore(store), stores.unbindStore(store), stores.hasSubscribers);

const tracing = tracingChannel("work");
console.log(tracing.hasSubscribers, tracing.traceSync((a) => a * 2, {}, null, 4));
const events = ["start", "end", "asyncStart", "asyncEnd", "error"];
tracing.subscribe(Object.fromEntries(events.map((event) => [event, (context) => console.log(event, context.id, context.result, context.error?.message)])));
console.log(tracing.hasSubscribers, tracing.traceSync((a) => a + 1, { id: "sync" }, null, 1));
try {
  tracing.traceSync(() => { throw new Error("bad"); }, { id: "throws" });
} catch (error) {
  console.log(error.message);
}
(async () => {
  console.log(await tracing.tracePromise(async (a) => a + 1, { id: "promise" }, null, 2));
  await tracing.tracePromise(() => Promise.reject(new Error("no")), { id: "rejects" }).catch((error) => console.log(error.message));
  await new Promise((resolve) => tracing.traceCallback((a, done) => setImmediate(done, null, a * 3), -1, { id: "callback" }, null, 5, (error, value) => resolve(console.log("called", error, value))));
  process.once("uncaughtException", (error) => console.log("uncaught", error.message));
  subscribe("throwing", () => { throw new Error("from a listener"); });
  channel("throwing").publish(1);
  console.log("published");
})();
