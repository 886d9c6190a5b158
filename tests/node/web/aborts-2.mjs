// AbortController and AbortSignal: reasons, any, timeout, listeners, what they end.
import { setTimeout as sleep } from "node:timers/promises";
const name = (make) => {
  try {
    return make();
  } catch (error) {
    return error?.name ?? error;
  }
};
const stop = new AbortController();
const { signal } = stop;
const log = [];
signal.addEventListener("abort", (event) => log.push(event.type, event.isTrusted, signal.reason), { once: true });
signal.onabort = () => log.push("onabort");
stop.abort("why");
stop.abort("again");
signal.addEventListener("abort", () => log.push("late"));
const [a, b] = [new AbortController(), new AbortController()];
const any = AbortSignal.any([a.signal, b.signal]),
  chained = AbortSignal.any([any]);
any.addEventListener("abort", () => log.push("any"));
chained.addEventListener("abort", () => log.push("chained"));
b.abort(5);
const late = AbortSignal.timeout(5);
await sleep(30);
console.log(late.aborted, late.reason.name, late.reason.code, late.reason instanceof DOMException);
console.log(
  name(() => AbortSignal.timeout()),
  name(() => new AbortSignal()),
  name(() => AbortController()),
  name(() => AbortController.prototype.signal),
);
console.log(await sleep(1000, 0, { signal: AbortSignal.timeout(5) }).catch((error) => [error.name, error.cause.name]));
console.log(
  Object.prototype.toString.call(signal),
  signal instanceof EventTarget,
  new AbortController(),
  AbortSignal.abort("shown"),
);
const controller = new AbortController();
const target = new EventTarget();
target.addEventListener("x", () => log.push("x"), { signal: controller.signal });
controller.abort();
target.dispatchEvent(new Event("x"));
console.log(log.at(-1));
