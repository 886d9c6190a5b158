// performance: marks, measures, observers, time.
import {
  performance as node,
  PerformanceObserver,
  createHistogram,
  monitorEventLoopDelay,
  constants,
} from "node:perf_hooks";
const name = (make) => {
  try {
    return make();
  } catch (error) {
    return error.name;
  }
};
console.log(
  node === performance,
  performance.now() > 0,
  performance.timeOrigin > 1e12,
  performance.now() <= performance.now(),
);
const seen = [];
const observer = new PerformanceObserver((list, self) => {
  for (const entry of list.getEntries()) seen.push(`${entry.entryType} ${entry.name}`);
  console.log(self === observer);
});
observer.observe({ entryTypes: ["mark", "measure"] });
const mark = performance.mark("a", { startTime: 10, detail: { x: 1 } });
performance.mark("b", { startTime: 25 });
console.log(mark.name, mark.entryType, mark.startTime, mark.duration, mark.detail, mark.toJSON());
const measure = performance.measure("m", "a", "b");
console.log(
  measure.startTime,
  measure.duration,
  performance.measure("n", { start: 5, duration: 7, detail: "d" }).toJSON(),
  performance.measure("o", { start: "a", end: 30 }).duration,
);
console.log(
  name(() => performance.measure("p", "none")),
  name(() => performance.mark("q", { startTime: -1 })),
  name(() => performance.measure("r", { start: 1, end: 2, duration: 3 })),
  name(() => performance.mark()),
  name(() => performance.mark(Symbol("x"))),
);
console.log(
  performance
    .getEntries()
    .filter((e) => e.entryType.startsWith("m"))
    .map((e) => e.name),
  performance.getEntriesByName("a").length,
  performance.getEntriesByType("measure").length,
  performance.getEntriesByName("a", "measure").length,
);
performance.clearMarks("a");
performance.clearMeasures();
await new Promise((done) => setTimeout(done, 10));
observer.disconnect();
performance.mark("unseen");
await new Promise((done) => setTimeout(done, 5));
