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
console.log(log.splice(0).join());
t.addEventListener("b", null);
t.addEventListener("b", undefined);
show("listener number", () => t.addEventListener("b", 5));
show("one argument", () => t.addEventListener("b"));
t.addEventListener(
  "p",
  (event) => {
    event.preventDefault();
    log.push(event.defaultPrevented);
  },
  { passive: true },
);
console.log(t.dispatchEvent(new Event("p", { cancelable: true })), log.splice(0));
const stop = new AbortController();
t.addEventListener("s", () => log.push("s"), { signal: stop.signal });
t.dispatchEvent(new Event("s"));
stop.abort();
t.dispatchEvent(new Event("s"));
t.addEventListener("s", () => log.push("never"), { signal: stop.signal });
t.dispatchEvent(new Event("s"));
console.log(log.splice(0));
const again = new Event("again");
t.addEventListener("again", (event) => show("again", () => t.dispatchEvent(event)));
t.dispatchEvent(again);
console.log(again.eventPhase, again.currentTarget, again.target === t, again.isTrusted);
show("event none", () => new Event());
const e = new Event("r", { cancelable: true, bubbles: true, composed: true });
e.returnValue = false;
e.cancelBubble = true;
process.on("uncaughtException", (error) => console.log("uncaught", error.message));
t.addEventListener("throws", () => {
  throw new Error("in listener");
});
t.addEventListener("throws", () => console.log("goes on"));
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
