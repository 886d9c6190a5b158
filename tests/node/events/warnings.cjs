// Too many listeners, warnings, and what a warning is.
const { EventEmitter, setMaxListeners } = require("events");
const { show } = require("../show.js");
process.on("warning", (w) =>
  console.log(w.name, w.code, w.message.slice(0, 160), w.count, w.type, w.emitter?.constructor.name),
);
class Mine extends EventEmitter {}
const e = new Mine();
for (let i = 0; i < 12; i++) e.on("many", () => {});
const quiet = new EventEmitter().setMaxListeners(0);
for (let i = 0; i < 30; i++) quiet.on("x", () => {});
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
show("bad", () => process.emitWarning(5));
show("bad type", () => process.emitWarning("x", 5));
show("bad code", () => process.emitWarning("x", "T", 5));
EventEmitter.defaultMaxListeners = 2;
const changed = new EventEmitter();
setImmediate(() => console.log("done"));
