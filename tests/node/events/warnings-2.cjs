// Too many listeners, warnings, and what a warning is.
const { EventEmitter, setMaxListeners } = require("events");
const { show } = require("../show.js");
process.on("warning", (w) =>
  console.log(w.name, w.code, w.message.slice(0, 160), w.count, w.type, w.emitter?.constructor.name),
);
class Mine extends EventEmitter {}
const e = new Mine();
const quiet = new EventEmitter().setMaxListeners(0);
const few = new EventEmitter();
few.setMaxListeners(1);
few
  .on("y", () => {})
  .on("y", () => {})
  .on("y", () => {});
process.emitWarning("plain");
process.emitWarning("typed", "MyWarning", "C1");
process.emitWarning("options", { type: "T", code: "C2", detail: "more" });
process.emitWarning(new RangeError("an error"));
process.emitWarning("again", "DeprecationWarning", "DEP0");
show("max", () => new EventEmitter().setMaxListeners("x"));
show("max NaN", () => {
  EventEmitter.defaultMaxListeners = NaN;
});
show("set", () => setMaxListeners(-1));
EventEmitter.defaultMaxListeners = 2;
const changed = new EventEmitter();
for (let i = 0; i < 3; i++) changed.on("z", () => {});
console.log(changed.getMaxListeners());
setImmediate(() => console.log("done"));
