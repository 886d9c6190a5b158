const { EventEmitter, once, on, errorMonitor } = require("events");
const emitter = new EventEmitter();
emitter.on("newListener", (name) => console.log("new", String(name)));
emitter.once("a", (...args) => console.log("once", args));
emitter.on("a", function (x) { console.log("on", x, this === emitter); });
emitter.prependListener("a", () => console.log("first"));
console.log(emitter.emit("a", 1, 2), emitter.emit("a", 3), emitter.emit("b"), emitter.listenerCount("a"), emitter.eventNames());
emitter.on(errorMonitor, (error) => console.log("monitor", error.message));
for (const value of [new Error("e"), "text"]) try { emitter.emit("error", value); } catch (error) { console.log(error.code, error.message); }
try { emitter.on("x", 5); } catch (error) { console.log(error.code, error.message); }
once(emitter, "c").then((values) => console.log("waited", values));
emitter.emit("c", 7);
console.log(EventEmitter.defaultMaxListeners, emitter.getMaxListeners(), EventEmitter === require("events"), EventEmitter.once === once);
const f = () => {};
emitter.on("d", f).on("d", f);
emitter.off("d", f);
console.log(emitter.listeners("d").length, emitter.rawListeners("d").length);
emitter.removeAllListeners();
console.log(emitter.eventNames().length);
