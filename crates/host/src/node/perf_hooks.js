// `node:perf_hooks`: what the Web has of it, and histograms.
(native, use) => {
  const { absents } = use("node/errors");
  const names = ["Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver", "PerformanceObserverEntryList", "PerformanceResourceTiming", "performance"];
  const constants = { NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1, NODE_PERFORMANCE_GC_INCREMENTAL: 8, NODE_PERFORMANCE_GC_WEAKCB: 16 };
  return {
    ...absents("perf_hooks", ["createSlidingWindowHistogram", "importHistogram", "eventLoopUtilization"]), ...Object.fromEntries(names.map((name) => [name, globalThis[name]])), constants,
    ...use("node/histograms"), timerify: use("web/performance").timerify,
  };
};
