// The times that AbortSignal.timeout takes, and calls that are timed.
import { PerformanceObserver, performance, timerify } from "node:perf_hooks";
for (const time of [-1, NaN, 2 ** 53, "x", 1.5, undefined, null, true, Infinity, 2 ** 32, 0]) {
  try {
    console.log(String(time), AbortSignal.timeout(time).aborted);
  } catch (error) {
    console.log(String(time), error.name, error.code, error.message);
  }
}
const observer = new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    console.log(entry.name, entry.entryType, typeof entry.startTime, entry.duration >= 0, entry.detail, Object.keys(entry), Object.keys(entry.toJSON()).join());
  }
  observer.disconnect();
});
observer.observe({ entryTypes: ["function"] });
function add(a, b) { return a + b; }
const timed = performance.timerify(add);
console.log(timed(1, 2), timed.name, timed.length, timed === performance.timerify(add), performance.timerify(timed) === timed);
class Point { constructor(x) { this.x = x; } }
const Timed = timerify(Point);
console.log(new Timed(4).x, new Timed(1) instanceof Point);
console.log(await performance.timerify(async function later() { return 7; })());
try { performance.timerify(() => { throw new Error("thrown"); })(); } catch (error) { console.log(error.message); }
for (const args of [[1], [add, { histogram: 1 }], [add, 1]]) {
  try { performance.timerify(...args); } catch (error) { console.log(error.code, error.message); }
}
