// Waiting for events in loops and races.
import { EventEmitter, on, once } from "node:events";
const e = new EventEmitter();
setTimeout(() => {
  for (let i = 0; i < 5; i++) e.emit("n", i, i * i);
}, 1);
let sum = 0;
for await (const [n, square] of on(e, "n")) {
  sum += square;
  if (n === 4) break;
}
console.log(sum, e.listenerCount("n"), e.listenerCount("error"));
const [first, second] = [once(e, "a"), once(e, "b")];
e.emit("b", 2);
e.emit("a", 1);
console.log(await first, await second, await Promise.race([once(e, "never"), Promise.resolve("other")]));
queueMicrotask(() => e.emit("error", new Error("boom")));
console.log(await once(e, "x").catch((error) => error.message), e.listenerCount("x"));
const target = new EventTarget();
setTimeout(() => target.dispatchEvent(new CustomEvent("c", { detail: 5 })), 1);
console.log((await once(target, "c"))[0].detail);
