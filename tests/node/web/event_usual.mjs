// Events and targets as the Web has them.
class Counter extends EventTarget {
  #count = 0;
  add() {
    this.dispatchEvent(new CustomEvent("change", { detail: ++this.#count }));
    return this;
  }
}
const counter = new Counter(),
  seen = [];
const listen = (event) => seen.push([event.type, event.detail, event.target === counter]);
counter.addEventListener("change", listen);
counter.addEventListener("change", listen);
counter.addEventListener("change", { handleEvent: ({ detail }) => seen.push(["object", detail]) }, { once: true });
counter.add().add();
counter.removeEventListener("change", listen);
counter.add();
console.log(seen);
const cancel = new Event("submit", { cancelable: true });
counter.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
});
counter.addEventListener("submit", () => console.log("never"));
console.log(counter.dispatchEvent(cancel), cancel.defaultPrevented, cancel.type, cancel.bubbles, cancel.eventPhase);
const stop = new AbortController();
counter.addEventListener("x", () => console.log("x heard"), { signal: stop.signal });
counter.dispatchEvent(new Event("x"));
stop.abort();
counter.dispatchEvent(new Event("x"));
console.log(
  new MessageEvent("message", { data: { a: 1 }, origin: "o" }).data,
  typeof ErrorEvent,
  typeof CloseEvent,
  new Event("e").timeStamp > 0,
);
