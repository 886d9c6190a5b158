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
console.log(
  signal.aborted,
  signal.reason,
  name(() => signal.throwIfAborted()),
);
stop.abort("why");
stop.abort("again");
console.log(
  log,
  signal.aborted,
  signal.reason,
  name(() => signal.throwIfAborted()),
);
signal.addEventListener("abort", () => log.push("late"));
console.log(log.length);
console.log(
  AbortSignal.abort().reason.name,
  AbortSignal.abort().reason.code,
  AbortSignal.abort(undefined).reason.name,
  AbortSignal.abort(null).reason,
);
const [a, b] = [new AbortController(), new AbortController()];
const any = AbortSignal.any([a.signal, b.signal]),
  chained = AbortSignal.any([any]);
any.addEventListener("abort", () => log.push("any"));
chained.addEventListener("abort", () => log.push("chained"));
b.abort(5);
console.log(any.reason, chained.reason, a.signal.aborted, log.slice(-2));
console.log(
  AbortSignal.any([]).aborted,
  AbortSignal.any([AbortSignal.abort("x")]).reason,
  name(() => AbortSignal.any([5])),
  name(() => AbortSignal.any()),
);
const late = AbortSignal.timeout(5);
await sleep(30);
const controller = new AbortController();
const target = new EventTarget();
target.addEventListener("x", () => log.push("x"), { signal: controller.signal });
controller.abort();
target.dispatchEvent(new Event("x"));
