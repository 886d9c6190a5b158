// Events, abort signals, messages.
const target = new EventTarget();
const log = [];
target.addEventListener("e", (event) => log.push(["one", event.type, event.target === target, event.cancelable]));
target.addEventListener("e", { handleEvent(event) { log.push(["object", this !== undefined]); event.stopImmediatePropagation(); } }, { once: true });
target.addEventListener("e", () => log.push(["last"]));
console.log(target.dispatchEvent(new Event("e", { cancelable: true })), target.dispatchEvent(new CustomEvent("e", { detail: 5 })), log);
target.addEventListener("stop", (event) => event.preventDefault());
console.log(target.dispatchEvent(new Event("stop", { cancelable: true })), target.dispatchEvent(new Event("stop")));
const controller = new AbortController();
controller.signal.addEventListener("abort", () => console.log("aborted", controller.signal.reason.name));
console.log(controller.signal.aborted, AbortSignal.abort("why").reason, AbortSignal.any([controller.signal]).aborted);
controller.abort();
controller.abort();
try {
  controller.signal.throwIfAborted();
} catch (error) {
  console.log(error.name, error.code, error.message);
}
const timeout = AbortSignal.timeout(1);
await new Promise((resolve) => timeout.addEventListener("abort", resolve));
console.log(timeout.reason.name, timeout.reason.code);
const { port1, port2 } = new MessageChannel();
port2.on?.("message", (value) => { console.log("message", value); port2.close(); });
port1.postMessage({ a: 1 });
await new Promise((resolve) => port1.on("close", resolve));
try {
  target.dispatchEvent("x");
} catch (error) {
  console.log(error.name, error.code);
}
console.log(new Event("x").timeStamp >= 0, Event.AT_TARGET, new Event("x", { bubbles: true }).bubbles, typeof CustomEvent);
console.log(new DOMException("m", "AbortError").code, new DOMException("m").name, String(new DOMException("m", "N")));
