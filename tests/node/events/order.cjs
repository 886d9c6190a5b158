// Order of listeners that add, remove and throw while an event is on its way.
const EventEmitter = require("events");
const { show } = require("../show.js");
const e = new EventEmitter(),
  log = [];
e.on("newListener", (name, f) => log.push(`new ${String(name)} ${f.name}`));
e.on("removeListener", (name, f) => log.push(`gone ${String(name)} ${f.name}`));
function a() {
  log.push("a");
  e.on("x", c);
  e.off("x", b);
}
function b() {
  log.push("b");
}
function c() {
  log.push("c");
}
e.on("x", a).on("x", b);
e.prependListener("x", function first() {
  log.push("first");
});
e.once("x", function once() {
  log.push("once");
});
e.prependOnceListener("x", function po() {
  log.push("po");
});
console.log(e.emit("x"), log.splice(0).join(";"));
console.log(e.emit("x"), log.splice(0).join(";"));
console.log(
  e.listenerCount("x"),
  e.listenerCount("x", c),
  e.listeners("x").map((f) => f.name),
  e.rawListeners("x").length,
  e.eventNames(),
);
e.removeAllListeners("x");
console.log(log.splice(0).join(";"), e.emit("x"), e.emit("none", 1));
e.on("throws", () => {
  throw new Error("mid");
}).on("throws", () => log.push("after"));
show("throws", () => e.emit("throws"));
console.log(log.splice(0));
show("error none", () => e.emit("error"));
show("error text", () => e.emit("error", "text"));
show("error object", () => e.emit("error", { a: 1 }));
show("error error", () => e.emit("error", new RangeError("r")));
e.on(EventEmitter.errorMonitor, (error) => console.log("monitor", error.message));
show("monitored", () => e.emit("error", new Error("seen")));
show("bad listener", () => e.on("x", 5));
show("bad once", () => e.once("x"));
show("bad off", () => e.off("x", null));
console.log(
  e.emit("args"),
  e
    .on("args", function (...args) {
      console.log(this === e, args.length);
    })
    .emit("args", 1, 2, 3, 4, 5),
);
const symbol = Symbol("s");
e.on(symbol, function s() {});
console.log(e.eventNames(), log);
console.log(new EventEmitter({ captureRejections: true }), EventEmitter.defaultMaxListeners, EventEmitter.usingDomains);
