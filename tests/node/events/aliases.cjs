// Methods with two names, of which a class may have each call the other.
const EventEmitter = require("events");
const { Readable } = require("stream");

const { prototype } = EventEmitter;
console.log(prototype.on === prototype.addListener, prototype.off === prototype.removeListener, Readable.prototype.on === Readable.prototype.addListener, Readable.prototype.off === Readable.prototype.removeListener);
for (const Base of [EventEmitter, Readable]) {
  class Own extends Base {
    addListener(...args) { return this.on(...args); }
    on(...args) { console.log("on", args[0]); return super.on(...args); }
    removeListener(...args) { return this.off(...args); }
    off(...args) { console.log("off", args[0]); return super.off(...args); }
  }
  const own = new Own();
  const listener = () => console.log("called");
  own.addListener("x", listener).once("y", listener);
  own.emit("x");
  own.emit("y");
  own.removeListener("x", listener);
  console.log(own.emit("x"), own.emit("y"));
}
class Odd {
  on(event, listener) { if (event === "thing") this.listener = listener; return this; }
  once(event, listener) { return this.on(event, listener); }
}
const odd = new Odd();
EventEmitter.once(odd, "thing").then((args) => console.log("odd", args));
odd.listener?.(1);
