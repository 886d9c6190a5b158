(native, use) => {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } = globalThis;
  // What `util.promisify` gives for them.
  for (const [name, run] of Object.entries({ setTimeout, setImmediate })) {
    Object.defineProperty(run, Symbol.for("nodejs.util.promisify.custom"), { get: () => use("node/timers_promises")[name], enumerable: true, configurable: true });
  }
  return { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, promises: use("node/timers_promises") };
};
