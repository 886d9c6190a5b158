import { test, run, same, list, holds, throws, later } from "../harness.mjs";

test("listeners: order, once, capture first, objects", () => {
  const seen = [];
  const target = new EventTarget();
  const object = { handleEvent(event) { seen.push(["object", this === object, event.type]); } };
  target.addEventListener("a", () => seen.push(["bubble"]));
  target.addEventListener("a", () => seen.push(["capture"]), true);
  target.addEventListener("a", object, { once: true });
  target.addEventListener("a", null);
  same(target.dispatchEvent(new Event("a")), true);
  same(target.dispatchEvent(new Event("a")), true);
  list(seen, [["capture"], ["bubble"], ["object", true, "a"], ["capture"], ["bubble"]]);
});

test("what an event says of itself", () => {
  const target = new EventTarget();
  const event = new CustomEvent("x", { cancelable: true, detail: 7 });
  let inside;
  target.addEventListener("x", (e) => {
    e.preventDefault();
    inside = [e.target === target, e.currentTarget === target, e.eventPhase, e.composedPath().length, e.isTrusted, e.detail];
    throws(DOMException, () => target.dispatchEvent(e));
  });
  same(target.dispatchEvent(event), false);
  list(inside, [true, true, Event.AT_TARGET, 1, false, 7]);
  list([event.currentTarget, event.eventPhase, event.defaultPrevented, event.composedPath().length], [null, 0, true, 0]);
  same(Object.getOwnPropertyDescriptor(event, "isTrusted").configurable, false);
  same(String(event), "[object CustomEvent]");
  throws(TypeError, () => new Event());
  throws(TypeError, () => Object.getOwnPropertyDescriptor(Event.prototype, "type").get.call({}));
  throws(TypeError, () => target.addEventListener("x", 5));
});

test("a passive listener cancels nothing, and one stops the others", () => {
  const target = new EventTarget();
  const seen = [];
  target.addEventListener("x", (e) => { e.preventDefault(); seen.push(e.defaultPrevented); }, { passive: true });
  target.addEventListener("x", (e) => e.stopImmediatePropagation());
  target.addEventListener("x", () => seen.push("never"));
  same(target.dispatchEvent(new Event("x", { cancelable: true })), true);
  list(seen, [false]);
});

test("AbortController", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = [];
  signal.onabort = (event) => seen.push(event.isTrusted, signal.aborted);
  const target = new EventTarget();
  target.addEventListener("x", () => seen.push("never"), { signal });
  controller.abort();
  controller.abort("again");
  target.dispatchEvent(new Event("x"));
  list(seen, [true, true]);
  list([signal.reason.name, signal.reason.code], ["AbortError", 20]);
  same(throws(signal.reason, () => signal.throwIfAborted()), signal.reason);
  same(AbortSignal.abort(0).reason, 0);
  throws(TypeError, () => new AbortSignal());
});

test("signals out of signals", async () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const any = AbortSignal.any([AbortSignal.any([a.signal]), b.signal]);
  const seen = [];
  any.addEventListener("abort", () => seen.push(a.signal.aborted, any.reason));
  a.abort("why");
  b.abort("late");
  list(seen, [true, "why"]);
  const timeout = AbortSignal.timeout(1);
  same(timeout.aborted, false);
  await later(30);
  same(timeout.reason.name, "TimeoutError");
  same(AbortSignal.any([b.signal, timeout]).reason, "late");
});

// QuickJS frees what nobody refers to at once; cycles when it is asked to.
test("a signal does not keep those that depend on it", () => {
  const { signal } = new AbortController();
  let gone = 0;
  const registry = new FinalizationRegistry(() => { gone += 1; });
  for (let i = 0; i < 200; i++) registry.register(AbortSignal.any([signal]), 0);
  gc();
  return later(1).then(() => same(gone, 200));
});

test("what a listener throws does not stop the others", async () => {
  const target = new EventTarget();
  let uncaught;
  const listener = (error) => { uncaught = error; };
  process.on("uncaughtException", listener);
  let second = false;
  target.addEventListener("x", () => { throw "thrown"; });
  target.addEventListener("x", () => { second = true; });
  target.dispatchEvent(new Event("x"));
  same(second, true);
  await later(1);
  process.off("uncaughtException", listener);
  same(uncaught, "thrown");
});

test("messages", async () => {
  const { port1, port2 } = new MessageChannel();
  const got = [];
  port2.onmessage = ({ data, ports }) => got.push(data, ports.length);
  const other = new MessageChannel();
  port1.postMessage({ n: 1 });
  port1.postMessage("port", [other.port1]);
  throws(DOMException, () => port1.postMessage(() => {}));
  await later(20);
  list([got[0].n, ...got.slice(1)], [1, 0, "port", 1]);
  port1.close();
  holds(port2 instanceof EventTarget);
});

test("marks and measures", () => {
  const mark = performance.mark("a", { startTime: 5, detail: { x: 1 } });
  performance.mark("b", { startTime: 9 });
  const measure = performance.measure("m", "a", "b");
  list([measure.startTime, measure.duration, measure.entryType, mark.detail.x], [5, 4, "measure", 1]);
  list(performance.getEntriesByName("a").map((entry) => entry.startTime), [5]);
  list(performance.getEntries().map((entry) => entry.name), ["a", "m", "b"]);
  throws(DOMException, () => performance.measure("m", "none"));
  performance.clearMarks();
  same(performance.getEntriesByType("mark").length, 0);
  performance.clearMeasures();
});

await run();
