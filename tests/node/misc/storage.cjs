// AsyncLocalStorage: run, exit, enterWith, bind, snapshot, through timers, ticks and promises.
const { AsyncLocalStorage } = require("async_hooks");
const { EventEmitter } = require("events");
const store = new AsyncLocalStorage(),
  other = new AsyncLocalStorage();
const say = (name) => console.log(name, store.getStore(), other.getStore());
say("outside");
console.log(
  store.run("one", () => {
    say("inside");
    other.run("two", () => say("both"));
    return "returned";
  }),
);
store.run({ id: 1 }, () => {
  setTimeout(() => say("timer"), 40);
  setImmediate(() => say("immediate"));
  process.nextTick(() => say("tick"));
  queueMicrotask(() => say("job"));
  Promise.resolve().then(() => say("then"));
  (async () => {
    await null;
    say("await");
    await new Promise((done) => setTimeout(done, 80));
    say("after sleep");
  })();
  store.exit(() => say("exit"));
  say("back");
});
try {
  store.run(1, () => {
    throw new Error("thrown");
  });
} catch (error) {
  say(error.message);
}
const bound = store.run("bound", () => AsyncLocalStorage.bind(() => say("bound")));
bound();
const snapshot = store.run("snap", () => AsyncLocalStorage.snapshot());
snapshot(() => say("snapshot"));
const emitter = new EventEmitter();
store.run("adds", () => emitter.on("x", () => say("listener")));
store.run("emits", () => emitter.emit("x"));
setTimeout(() => {
  store.enterWith("entered");
  say("entered");
  setTimeout(() => say("later"), 1);
}, 200);
setTimeout(() => say("sibling"), 300);
