// Emitters: order, once, errors, limits, helpers.
const EventEmitter = require("node:events");
const { once, on, getEventListeners, errorMonitor, captureRejectionSymbol, setMaxListeners, getMaxListeners, addAbortListener } = EventEmitter;
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
const emitter = new EventEmitter();
const log = [];
emitter.on("newListener", (name) => log.push(`new ${String(name)}`));
emitter.on("removeListener", (name) => log.push(`gone ${String(name)}`));
const f = (...args) => log.push(`f ${args}`);
emitter.on("e", f).once("e", (x) => log.push(`once ${x}`)).prependListener("e", () => log.push("first")).prependOnceListener("e", () => log.push("very first"));
console.log(emitter.emit("e", 1, 2), emitter.emit("e", 3), emitter.emit("none"), log);
console.log(emitter.listenerCount("e"), emitter.listenerCount("e", f), emitter.eventNames(), emitter.listeners("e").length, emitter.rawListeners("e").length);
emitter.off("e", f).removeAllListeners("e");
console.log(emitter.listenerCount("e"), log.slice(-2), emitter.getMaxListeners());
show(() => emitter.emit("error", new TypeError("given")));
show(() => emitter.emit("error", "text"));
show(() => emitter.emit("error"));
show(() => emitter.on("x", "no"));
show(() => emitter.setMaxListeners(-1));
show(() => emitter.once("x"));
emitter.on(errorMonitor, (error) => console.log("monitor", error.message));
show(() => emitter.emit("error", new Error("seen")));
const changing = new EventEmitter();
changing.on("e", () => { changing.on("e", () => console.log("added")); changing.removeAllListeners("e"); console.log("one"); });
changing.on("e", () => console.log("two"));
changing.emit("e");
changing.emit("e");
class Own extends EventEmitter {
  constructor() {
    super({ captureRejections: true });
  }
  [captureRejectionSymbol](error, name) { console.log("captured", error.message, name); }
}
const own = new Own();
own.on("e", async () => { throw new Error("async"); });
own.emit("e");
const symbol = Symbol("s");
const named = new EventEmitter();
named.on(symbol, () => console.log("symbol"));
console.log(named.emit(symbol), named.eventNames(), getEventListeners(named, symbol).length);
setMaxListeners(5, named);
console.log(getMaxListeners(named), named.getMaxListeners(), EventEmitter.defaultMaxListeners, EventEmitter.EventEmitter === EventEmitter);
(async () => {
  setTimeout(() => named.emit("later", 1, 2), 1);
  console.log(await once(named, "later"));
  setTimeout(() => named.emit("error", new Error("failed")), 1);
  await once(named, "other").catch((error) => console.log(error.message));
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1);
  await once(named, "never", { signal: controller.signal }).catch((error) => console.log(error.name, error.code));
  setTimeout(() => { named.emit("tick", 1); named.emit("tick", 2); named.emit("end"); }, 1);
  for await (const value of on(named, "tick", { close: ["end"] })) console.log(value);
  const target = new EventTarget();
  setTimeout(() => target.dispatchEvent(new Event("go")), 1);
  console.log((await once(target, "go"))[0].type, getEventListeners(target, "go").length);
  const { signal } = controller;
  addAbortListener(signal, () => console.log("aborted already"));
})();
