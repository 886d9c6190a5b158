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
const seen = [];
const observer = new PerformanceObserver((list, self) => {
  for (const entry of list.getEntries()) seen.push(`${entry.entryType} ${entry.name}`);
  console.log(self === observer);
});
observer.observe({ entryTypes: ["mark", "measure"] });
const mark = performance.mark("a", { startTime: 10, detail: { x: 1 } });
performance.mark("b", { startTime: 25 });
const measure = performance.measure("m", "a", "b");
performance.clearMarks("a");
performance.clearMeasures();
console.log(
  performance.getEntriesByType("mark").map((e) => e.name),
  performance.getEntriesByType("measure").length,
);
await new Promise((done) => setTimeout(done, 10));
console.log(seen.sort());
observer.disconnect();
performance.mark("unseen");
await new Promise((done) => setTimeout(done, 5));
console.log(seen.length, observer.takeRecords().length);
console.log(
  PerformanceObserver.supportedEntryTypes.includes("mark"),
  Object.prototype.toString.call(performance),
  name(() => new Performance()),
  typeof performance.toJSON().timeOrigin,
);
