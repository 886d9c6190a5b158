// events.once and events.on: values, errors, signals, closing.
import {
  once,
  on,
  EventEmitter,
  getEventListeners,
  getMaxListeners,
  setMaxListeners,
  listenerCount,
  addAbortListener,
} from "node:events";
import shown from "../show.js";
const { wait } = shown;
const e = new EventEmitter();
setTimeout(() => e.emit("a", 1, 2));
await wait("once", () => once(e, "a"));
setTimeout(() => e.emit("error", new Error("fails")));
await wait("once fails", () => once(e, "a"));
setTimeout(() => e.emit("error", "value"));
await wait("once error", () => once(e, "error"));
const stop = new AbortController();
setTimeout(() => stop.abort());
await wait("aborted", () => once(e, "a", { signal: stop.signal }));
await wait("aborted already", () => once(e, "a", { signal: AbortSignal.abort("why") }));
await wait("bad signal", () => once(e, "a", { signal: 5 }));
await wait("bad emitter", () => once({}, "a"));
const target = new EventTarget();
setTimeout(() => target.dispatchEvent(new Event("t")));
await wait("target", async () => (await once(target, "t"))[0].type);
setTimeout(() => {
  e.emit("n", 1);
  e.emit("n", 2, 3);
  e.emit("end");
});
await wait("on", async () => {
  const got = [];
  for await (const args of on(e, "n", { close: ["end"] })) got.push(args);
  return got;
});
setTimeout(() => {
  e.emit("n", 1);
  e.emit("error", new RangeError("mid"));
});
await wait("on fails", async () => {
  for await (const args of on(e, "n")) console.log("got", args);
});
const iterator = on(e, "n");
e.emit("n", "kept");
console.log(await iterator.next(), await iterator.return(), await iterator.next(), e.listenerCount("n"));
await wait("on throw", () => on(e, "n").throw("x"));
const abort = new AbortController(),
  listening = on(e, "n", { signal: abort.signal });
const next = listening.next();
abort.abort();
await wait("on aborted", () => next);
target.addEventListener("q", () => {});
console.log(
  getEventListeners(target, "q").length,
  getEventListeners(e, "n").length,
  getMaxListeners(target),
  getMaxListeners(e),
);
setMaxListeners(3, target, e);
console.log(getMaxListeners(target), getMaxListeners(e), listenerCount(e, "n"), e.getMaxListeners());
await wait("bad max", () => e.setMaxListeners(-1));
await wait("bad max target", () => setMaxListeners(1, {}));
const own = new AbortController(),
  listener = addAbortListener(own.signal, () => console.log("abort heard"));
own.abort();
listener[Symbol.dispose]();
console.log(typeof listener);
