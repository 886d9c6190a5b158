// Histograms of `node:perf_hooks`.
const { createHistogram, monitorEventLoopDelay } = require("perf_hooks");

const shown = ({ count, min, max, mean, stddev, exceeds }) => [count, min, max, mean, stddev, exceeds];
const histogram = createHistogram();
console.log(shown(histogram), histogram.percentile(50), [...histogram.percentiles], histogram.minBigInt);
for (const value of [1, 2, 3, 100, 2047, 2048, 5000, 123456, 7654321n, 2 ** 40]) histogram.record(value);
console.log(shown(histogram));
for (const level of [0.1, 10, 50, 75, 90, 99, 100]) console.log(level, histogram.percentile(level), histogram.percentileBigInt(level));
console.log([...histogram.percentiles], histogram.countBigInt, histogram.maxBigInt);
const other = createHistogram({ lowest: 1, highest: 1000 });
for (let i = 1; i <= 1000; i++) other.record(i);
other.record(5000000);
console.log(shown(other), [...other.percentiles].length, other.percentile(50));
histogram.add(other);
console.log(histogram.count, histogram.max);
histogram.reset();
console.log(shown(histogram));
for (const call of [() => histogram.record("1"), () => histogram.record(0), () => histogram.record(1.5), () => histogram.percentile(0), () => histogram.percentile("x"), () => histogram.add({}), () => createHistogram({ figures: 9 }), () => monitorEventLoopDelay({ resolution: 0 })]) {
  try {
    call();
    console.log("no error");
  } catch (error) {
    console.log(error.name, error.code);
  }
}
const delay = monitorEventLoopDelay({ resolution: 1 });
console.log(delay.enable(), delay.enable());
setTimeout(() => console.log(delay.count > 0, delay.min > 0, delay.max >= delay.min, delay.disable(), delay.disable()), 50);
