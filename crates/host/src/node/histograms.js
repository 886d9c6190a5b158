// How often values were recorded that differ in their first three digits, for `node:perf_hooks`.
//
// A value below 2,048 has a place of its own; those of a greater power of two share 1,024 places.
(native, use) => {
  const { fail, invalidType, outOfRange, validateInteger, validateNumber, validateObject } = use("node/errors");
  const [OWN, SHARED] = [2048, 1024];
  const MADE = Symbol("made by the host");
  const UNKNOWN = 9223372036854776000;

  // The width of a value's place.
  function widthOf(value) {
    let width = 1;
    while (value / width >= OWN) width *= 2;
    return width;
  }
  const lowest = (value) => Math.floor(value / widthOf(value)) * widthOf(value);
  const highest = (value) => lowest(value) + widthOf(value) - 1;
  const middle = (value) => lowest(value) + Math.floor(widthOf(value) / 2);

  class Histogram {
    #counts = new Map();
    #count = 0;
    #exceeds = 0;
    #least = UNKNOWN;
    #most = 0;
    #top;

    constructor(token, top) {
      if (token !== MADE) fail(TypeError, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
      this.#top = top;
    }

    static add(histogram, value, times = 1) {
      if (value > histogram.#top) {
        histogram.#exceeds += times;
        return;
      }
      const place = lowest(value);
      histogram.#counts.set(place, (histogram.#counts.get(place) ?? 0) + times);
      histogram.#count += times;
      histogram.#least = Math.min(histogram.#least, value);
      histogram.#most = Math.max(histogram.#most, value);
    }

    static join(histogram, other) {
      for (const [value, times] of other.#counts) Histogram.add(histogram, value, times);
      if (other.#count > 0) {
        histogram.#least = Math.min(histogram.#least, other.#least);
        histogram.#most = Math.max(histogram.#most, other.#most);
      }
      histogram.#exceeds += other.#exceeds;
    }

    #sorted() { return [...this.#counts].sort(([a], [b]) => a - b); }

    get count() { return this.#count; }
    get countBigInt() { return BigInt(this.#count); }
    get exceeds() { return this.#exceeds; }
    get exceedsBigInt() { return BigInt(this.#exceeds); }
    get min() { return this.#count === 0 ? UNKNOWN : lowest(this.#least); }
    get minBigInt() { return this.#count === 0 ? 9223372036854775807n : BigInt(this.min); }
    get max() { return this.#count === 0 ? 0 : highest(this.#most); }
    get maxBigInt() { return BigInt(this.max); }

    get mean() {
      let sum = 0;
      for (const [value, times] of this.#counts) sum += middle(value) * times;
      return sum / this.#count;
    }

    get stddev() {
      const { mean } = this;
      let sum = 0;
      for (const [value, times] of this.#counts) sum += (middle(value) - mean) ** 2 * times;
      return Math.sqrt(sum / this.#count);
    }

    percentile(percentile) {
      validateNumber(percentile, "percentile");
      if (!(percentile > 0 && percentile <= 100)) throw outOfRange("percentile", "> 0 && <= 100", percentile);
      const wanted = Math.max(1, Math.floor((percentile / 100) * this.#count + 0.5));
      let seen = 0;
      for (const [value, times] of this.#sorted()) {
        seen += times;
        if (seen >= wanted) return highest(value);
      }
      return 0;
    }
    percentileBigInt(percentile) { return BigInt(this.percentile(percentile)); }

    // Those of half of what is left, again and again.
    get percentiles() {
      const all = new Map();
      let [seen, level] = [0, 0];
      for (const [value, times] of this.#sorted()) {
        seen += times;
        while (level < 100 && level <= (100 * seen) / this.#count) {
          all.set(level, value);
          if (seen === this.#count) break;
          const halvings = Math.floor(Math.log2(100 / (100 - level))) + 1;
          level += 100 / 2 ** halvings;
        }
      }
      all.set(100, lowest(this.#most));
      return all;
    }
    get percentilesBigInt() { return new Map([...this.percentiles].map(([level, value]) => [level, BigInt(value)])); }

    reset() {
      this.#counts.clear();
      [this.#count, this.#exceeds, this.#least, this.#most] = [0, 0, UNKNOWN, 0];
    }

    #shown() {
      const { count, exceeds, min, max, mean, stddev, percentiles } = this;
      return { count, min, max, mean, exceeds, stddev, percentiles };
    }
    toJSON() { return { ...this.#shown(), percentiles: Object.fromEntries(this.percentiles) }; }
    [Symbol.for("nodejs.util.inspect.custom")](depth, options, inspect) { return depth < 0 ? this : `Histogram ${inspect(this.#shown(), options)}`; }
  }

  class RecordableHistogram extends Histogram {
    #before = undefined;

    record(value) {
      if (typeof value !== "bigint") validateInteger(value, "val", 1);
      else if (value < 1n) throw outOfRange("val", ">= 1 && <= 9223372036854775807", value);
      Histogram.add(this, Number(value));
    }

    recordDelta() {
      const now = process.hrtime.bigint();
      if (this.#before !== undefined) Histogram.add(this, Math.max(1, Number(now - this.#before)));
      this.#before = now;
    }

    add(other) {
      if (!(other instanceof RecordableHistogram)) throw invalidType("other", "an instance of RecordableHistogram", other);
      Histogram.join(this, other);
    }
  }

  // How late a timer is, again and again.
  class IntervalHistogram extends Histogram {
    #resolution;
    #timer = undefined;

    constructor(token, resolution) {
      super(token, 3.6e12);
      this.#resolution = resolution;
    }

    enable() {
      if (this.#timer !== undefined) return false;
      let before = process.hrtime.bigint();
      this.#timer = setInterval(() => {
        const now = process.hrtime.bigint();
        Histogram.add(this, Math.max(1, Number(now - before)));
        before = now;
      }, this.#resolution);
      this.#timer.unref();
      return true;
    }

    disable() {
      if (this.#timer === undefined) return false;
      clearInterval(this.#timer);
      this.#timer = undefined;
      return true;
    }
    [Symbol.dispose]() { this.disable(); }
  }

  function createHistogram(options = {}) {
    validateObject(options, "options");
    const { lowest: low = 1, highest: high = Number.MAX_SAFE_INTEGER, figures = 3 } = options;
    if (typeof low !== "bigint") validateInteger(low, "options.lowest", 1);
    if (typeof high !== "bigint") validateInteger(high, "options.highest", 2 * Number(low));
    validateInteger(figures, "options.figures", 1, 5);
    return new RecordableHistogram(MADE, Number(high));
  }

  function monitorEventLoopDelay(options = {}) {
    validateObject(options, "options");
    const { resolution = 10 } = options;
    validateInteger(resolution, "options.resolution", 1);
    return new IntervalHistogram(MADE, resolution);
  }
  return { createHistogram, monitorEventLoopDelay };
};
