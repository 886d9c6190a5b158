// Listeners that are async functions, with captureRejections and without.
const EventEmitter = require("events");
const e = new EventEmitter({ captureRejections: true });
e.on("error", (error) => console.log("error heard", error.message));
e.on("job", async (n) => {
  if (n) throw new Error("rejected " + n);
});
console.log(e.emit("job", 1));
const own = new EventEmitter({ captureRejections: true });
own[Symbol.for("nodejs.rejection")] = (error, event, ...args) => console.log("own", error.message, event, args);
own.on("x", async () => {
  throw new RangeError("r");
});
own.emit("x", 1, 2);
class Sub extends EventEmitter {
  constructor() {
    super({ captureRejections: true });
  }
  [EventEmitter.captureRejectionSymbol](error, event) {
    console.log("sub", error.message, event);
  }
}
const sub = new Sub();
sub.once("y", () => Promise.reject(new Error("once")));
sub.emit("y");
process.on("unhandledRejection", (error) => console.log("unhandled", error.message));
const plain = new EventEmitter();
plain.on("z", async () => {
  throw new Error("plain");
});
plain.emit("z");
try {
  new EventEmitter({ captureRejections: 5 });
} catch (error) {
  console.log(error.code, error.message);
}
try {
  EventEmitter.captureRejections = "x";
} catch (error) {
  console.log(error.code, error.message);
}
console.log(EventEmitter.captureRejections, EventEmitter.captureRejectionSymbol, EventEmitter.errorMonitor);
