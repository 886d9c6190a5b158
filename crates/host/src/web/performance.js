// `performance`, by the standards High Resolution Time, Performance Timeline and User Timing.
({ timeOrigin, now }, use) => {
  const { DOMException, callable, dictionary, double, fail, finish, isObject, need } = use("web/idl");
  const { EventTarget, report } = use("web/events");
  const { structuredClone } = use("web/clone");
  const { setTimeout } = globalThis;
  const MADE = Symbol("made by the host");

  function madeOnly(token) {
    if (token !== MADE) throw fail(TypeError, "Illegal constructor", "ERR_ILLEGAL_CONSTRUCTOR");
  }

  class PerformanceEntry {
    #name;
    #type;
    #start;
    #duration;

    constructor(token = undefined, name = "", type = "", start = 0, duration = 0) {
      madeOnly(token);
      [this.#name, this.#type, this.#start, this.#duration] = [name, type, start, duration];
    }

    get name() { return this.#name; }
    get entryType() { return this.#type; }
    get startTime() { return this.#start; }
    get duration() { return this.#duration; }

    toJSON() {
      return { name: this.#name, entryType: this.#type, startTime: this.#start, duration: this.#duration };
    }
  }
  finish(PerformanceEntry, { shown: ["name", "entryType", "startTime", "duration"] });

  const detailOf = (detail) => (detail === undefined || detail === null ? null : structuredClone(detail));

  class PerformanceMark extends PerformanceEntry {
    #detail;

    constructor(name, options = undefined) {
      need(arguments.length, 1, "PerformanceMark");
      const { detail, startTime } = dictionary(options);
      const start = startTime === undefined ? now() : double(startTime, "startTime");
      if (start < 0) throw fail(TypeError, "startTime must not be negative", "ERR_PERFORMANCE_INVALID_TIMESTAMP");
      super(MADE, `${name}`, "mark", start, 0);
      this.#detail = detailOf(detail);
    }

    get detail() { return this.#detail; }
    toJSON() { return { ...super.toJSON(), detail: this.#detail }; }
  }
  finish(PerformanceMark, { shown: ["name", "entryType", "startTime", "duration", "detail"] });

  class PerformanceMeasure extends PerformanceEntry {
    #detail;

    constructor(token = undefined, name = "", start = 0, duration = 0, detail = null) {
      madeOnly(token);
      super(MADE, name, "measure", start, duration);
      this.#detail = detail;
    }

    get detail() { return this.#detail; }
    toJSON() { return { ...super.toJSON(), detail: this.#detail }; }
  }
  finish(PerformanceMeasure, { shown: ["name", "entryType", "startTime", "duration", "detail"] });

  // What Node has besides: calls of functions that were asked to be timed.
  class PerformanceNodeEntry extends PerformanceEntry {
    #detail;

    constructor(token = undefined, name = "", type = "", start = 0, duration = 0, detail = undefined) {
      super(token, name, type, start, duration);
      this.#detail = detail;
    }

    get detail() { return this.#detail; }
    toJSON() { return { ...super.toJSON(), detail: this.#detail }; }
  }
  finish(PerformanceNodeEntry, { shown: ["name", "entryType", "startTime", "duration", "detail"] });

  function timerify(f, options) {
    const { invalidType, validateFunction, validateObject } = use("node/errors");
    validateFunction(f, "fn");
    validateObject(options, "options");
    if (options.histogram !== undefined) throw invalidType("options.histogram", "an instance of RecordableHistogram", options.histogram);
    function timerified(...args) {
      const start = now();
      const tell = () => {
        const entry = new PerformanceNodeEntry(MADE, f.name, "function", start, now() - start, args);
        for (const observer of observers) observer.take(Object.assign(entry, args));
      };
      const result = new.target ? Reflect.construct(f, args, f) : Reflect.apply(f, this, args);
      if (!new.target && typeof result?.finally === "function") return result.finally(tell);
      tell();
      return result;
    }
    return Object.defineProperties(timerified, {
      length: { configurable: false, enumerable: true, value: f.length },
      name: { configurable: false, enumerable: true, value: `timerified ${f.name}` },
    });
  }

  // Nothing is loaded that would have one.
  class PerformanceResourceTiming extends PerformanceEntry {
    constructor(token = undefined) {
      madeOnly(token);
      super(MADE);
    }
  }
  finish(PerformanceResourceTiming);

  // Marks and measures, by time, then by age.
  let timeline = [];
  const observers = new Set();
  const TYPES = Object.freeze(["function", "mark", "measure"]);

  function add(entry) {
    let at = timeline.length;
    while (at > 0 && timeline[at - 1].startTime > entry.startTime) at--;
    if (at === timeline.length) timeline.push(entry);
    else timeline.splice(at, 0, entry);
    for (const observer of observers) observer.take(entry);
  }

  const chosen = (list, name, type) =>
    list.filter((entry) => (name === undefined || entry.name === name) && (type === undefined || entry.entryType === type));

  // The time that a name or a number stands for.
  function timeOf(mark) {
    if (typeof mark === "number" || typeof mark === "bigint" ) {
      const time = double(mark, "a time");
      if (time < 0) throw fail(TypeError, "a time must not be negative", "ERR_PERFORMANCE_INVALID_TIMESTAMP");
      return time;
    }
    const name = `${mark}`;
    const entry = timeline.findLast((entry) => entry.entryType === "mark" && entry.name === name);
    if (entry === undefined) throw new DOMException(`The "${name}" performance mark has not been set`, "SyntaxError");
    return entry.startTime;
  }

  // The members of the options of a measure, if that is what is given.
  function measureOptions(value) {
    if (!isObject(value)) return undefined;
    const { detail, duration, end, start } = value;
    return { detail, duration, end, start };
  }

  function measure(name, startOrOptions, endMark) {
    const options = measureOptions(startOrOptions);
    const isEmpty = options === undefined || Object.values(options).every((member) => member === undefined);
    if (!isEmpty) {
      const { start, end, duration } = options;
      if (endMark !== undefined) throw fail(TypeError, "an end mark and options do not go together", "ERR_INVALID_ARG_VALUE");
      if (start === undefined && end === undefined) throw fail(TypeError, "the options need a start or an end", "ERR_MISSING_ARGS");
      if (start !== undefined && end !== undefined && duration !== undefined) throw fail(TypeError, "start, end and duration do not go together", "ERR_INVALID_ARG_VALUE");
    }
    const { start, end, duration, detail } = options ?? { start: startOrOptions === null ? undefined : startOrOptions };
    let to, from;
    if (endMark !== undefined) to = timeOf(endMark);
    else if (end !== undefined) to = timeOf(end);
    else if (start !== undefined && duration !== undefined && options !== undefined) to = timeOf(start) + timeOf(+duration);
    else to = now();
    if (start !== undefined) from = timeOf(start);
    else if (duration !== undefined && end !== undefined) from = timeOf(end) - timeOf(+duration);
    else from = 0;
    return new PerformanceMeasure(MADE, name, from, to - from, detailOf(detail));
  }

  function clear(type, name) {
    timeline = timeline.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== name));
  }

  class Performance extends EventTarget {
    #brand;

    constructor(token = undefined) {
      madeOnly(token);
      super();
    }

    get timeOrigin() { this.#brand; return timeOrigin; }
    now() { this.#brand; return now(); }

    mark(name, options = undefined) {
      this.#brand;
      need(arguments.length, 1, "mark");
      const mark = new PerformanceMark(name, options);
      add(mark);
      return mark;
    }

    measure(name, startOrMeasureOptions = undefined, endMark = undefined) {
      this.#brand;
      need(arguments.length, 1, "measure");
      const entry = measure(`${name}`, startOrMeasureOptions, endMark);
      add(entry);
      return entry;
    }

    clearMarks(markName = undefined) { this.#brand; clear("mark", markName === undefined ? undefined : `${markName}`); }
    clearMeasures(measureName = undefined) { this.#brand; clear("measure", measureName === undefined ? undefined : `${measureName}`); }
    clearResourceTimings() { this.#brand; }
    setResourceTimingBufferSize(size) { this.#brand; need(arguments.length, 1, "setResourceTimingBufferSize"); }
    getEntries() { this.#brand; return [...timeline]; }

    getEntriesByName(name, type = undefined) {
      this.#brand;
      need(arguments.length, 1, "getEntriesByName");
      return chosen(timeline, `${name}`, type === undefined ? undefined : `${type}`);
    }

    getEntriesByType(type) {
      this.#brand;
      need(arguments.length, 1, "getEntriesByType");
      return chosen(timeline, undefined, `${type}`);
    }

    toJSON() { this.#brand; return { timeOrigin }; }
    timerify(f, options = {}) { return timerify(f, options); }
  }
  finish(Performance, { hidden: ["timerify"] });

  class PerformanceObserverEntryList {
    #entries;

    constructor(token = undefined, entries = []) {
      madeOnly(token);
      this.#entries = entries;
    }

    getEntries() { return [...this.#entries]; }

    getEntriesByType(type) {
      const entries = this.#entries;
      need(arguments.length, 1, "getEntriesByType");
      return chosen(entries, undefined, `${type}`);
    }

    getEntriesByName(name, type = undefined) {
      const entries = this.#entries;
      need(arguments.length, 1, "getEntriesByName");
      return chosen(entries, `${name}`, type === undefined ? undefined : `${type}`);
    }
  }
  finish(PerformanceObserverEntryList);

  const byTime = (entries) => entries.sort((a, b) => a.startTime - b.startTime);

  class PerformanceObserver {
    #callback;
    #types = new Set();
    // Whether it was told one type after the other, or all at once.
    #mode = undefined;
    #entries = [];
    #isQueued = false;
    #record = { take: (entry) => this.#take(entry) };

    constructor(callback) {
      need(arguments.length, 1, "PerformanceObserver");
      this.#callback = callable(callback, "the callback");
    }

    static get supportedEntryTypes() { return TYPES; }

    observe(options = undefined) {
      this.#mode;
      const { buffered, entryTypes, type } = dictionary(options);
      if (entryTypes === undefined && type === undefined) throw fail(TypeError, "the options need type or entryTypes", "ERR_MISSING_ARGS");
      if (entryTypes !== undefined && (type !== undefined || buffered !== undefined)) throw fail(TypeError, "entryTypes goes with nothing else", "ERR_INVALID_ARG_VALUE");
      const mode = type === undefined ? "many" : "one";
      if (this.#mode !== undefined && this.#mode !== mode) throw new DOMException("an observer keeps to type or to entryTypes", "InvalidModificationError");
      this.#mode = mode;
      const types = (type === undefined ? Array.from(entryTypes, String) : [`${type}`]).filter((type) => TYPES.includes(type));
      if (types.length === 0) return;
      if (mode === "many") this.#types = new Set(types);
      else this.#types.add(types[0]);
      observers.add(this.#record);
      if (buffered) for (const entry of chosen(timeline, undefined, types[0])) this.#take(entry);
    }

    disconnect() {
      this.#types = new Set();
      this.#entries = [];
      this.#mode = undefined;
      observers.delete(this.#record);
    }

    takeRecords() {
      const entries = this.#entries;
      this.#entries = [];
      return entries;
    }

    #take(entry) {
      if (!this.#types.has(entry.entryType)) return;
      this.#entries.push(entry);
      if (this.#isQueued) return;
      this.#isQueued = true;
      setTimeout(() => this.#tell(), 0);
    }

    #tell() {
      this.#isQueued = false;
      const entries = byTime(this.takeRecords());
      if (entries.length === 0) return;
      try {
        this.#callback.call(this, new PerformanceObserverEntryList(MADE, entries), this, { droppedEntriesCount: 0 });
      } catch (error) {
        report(error);
      }
    }
  }
  finish(PerformanceObserver);

  const performance = new Performance(MADE);
  return { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList, PerformanceResourceTiming, now, performance, timerify: (f, options = {}) => timerify(f, options) };
};
