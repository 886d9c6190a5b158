// EventTarget: phases, options, handlers, what is thrown in a listener.
const { show } = require("../show.js").web;
const t = new EventTarget(),
  log = [];
const f = (event) =>
  log.push(event.type + event.eventPhase + (event.currentTarget === t) + event.composedPath().length);
t.addEventListener("a", f);
t.addEventListener("a", f);
t.addEventListener("a", f, true);
t.addEventListener("a", f, { once: true, capture: true });
t.dispatchEvent(new Event("a"));
t.removeEventListener("a", f);
t.dispatchEvent(new Event("a"));
t.removeEventListener("a", f, { capture: true });
t.dispatchEvent(new Event("a"));
t.addEventListener("b", null);
t.addEventListener("b", undefined);
t.addEventListener(
  "p",
  (event) => {
    event.preventDefault();
    log.push(event.defaultPrevented);
  },
  { passive: true },
);
const stop = new AbortController();
t.addEventListener("s", () => log.push("s"), { signal: stop.signal });
t.dispatchEvent(new Event("s"));
stop.abort();
t.dispatchEvent(new Event("s"));
t.addEventListener("s", () => log.push("never"), { signal: stop.signal });
t.dispatchEvent(new Event("s"));
const again = new Event("again");
t.addEventListener("again", (event) => show("again", () => t.dispatchEvent(event)));
t.dispatchEvent(again);
show("event undefined", () => new Event(undefined).type);
show("event options", () => new Event("x", 5));
show("custom", () => [new CustomEvent("c", { detail: { a: 1 } }).detail, new CustomEvent("c").detail]);
const e = new Event("r", { cancelable: true, bubbles: true, composed: true });
e.returnValue = false;
e.cancelBubble = true;
console.log(e.defaultPrevented, e.returnValue, e.cancelBubble, e.bubbles, e.composed, e.srcElement);
console.log(new EventTarget(), Object.keys(e), Object.prototype.toString.call(e), Event.NONE, Event.BUBBLING_PHASE);
process.on("uncaughtException", (error) => console.log("uncaught", error.message));
t.addEventListener("throws", () => {
  throw new Error("in listener");
});
t.addEventListener("throws", () => console.log("goes on"));
console.log(t.dispatchEvent(new Event("throws")));
class Own extends EventTarget {
  constructor() {
    super();
    this.n = 1;
  }
}
const own = new Own();
own.addEventListener("x", {
  handleEvent(event) {
    console.log(this.k, event.target.n);
  },
  k: "kept",
});
own.dispatchEvent(new Event("x"));
