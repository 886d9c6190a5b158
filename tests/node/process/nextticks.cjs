// nextTick: arguments, errors in between, order with exits.
const { show } = require("../show.js");
process.nextTick((...args) => console.log("args", args), 1, "b", undefined);
process.nextTick(() => {
  console.log("throws");
  throw new Error("in tick");
});
process.nextTick(() => console.log("after throw"));
process.on("uncaughtException", (error, origin) => {
  console.log("uncaught", error.message, origin);
  process.nextTick(() => console.log("tick from handler"));
});
Promise.resolve().then(() => console.log("job"));
queueMicrotask(() => {
  throw new RangeError("in job");
});
show("none", () => process.nextTick());
show("null", () => process.nextTick(null));
setImmediate(() => {
  console.log("immediate");
  process.nextTick(() => console.log("tick in immediate"));
  throw new TypeError("in immediate");
});
setImmediate(() => console.log("second immediate"));
setTimeout(() => {
  console.log("timer");
  process.exitCode = 3;
}, 10);
process.on("beforeExit", (code) => {
  console.log("beforeExit", code);
  if (code === 3) {
    process.exitCode = 4;
    setTimeout(() => console.log("more"), 1);
  }
});
process.on("exit", (code) => {
  console.log("exit", code, process.exitCode);
  process.nextTick(() => console.log("never"));
  Promise.resolve().then(() => console.log("never"));
});
