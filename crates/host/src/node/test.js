// `node:test`: its names.
(native, use) => {
  const names = ["after", "afterEach", "before", "beforeEach", "describe", "it", "run", "suite", "skip", "todo", "only", "mock", "snapshot"];
  const { absent, absents } = use("node/errors");
  const test = absent("test", "test");
  return Object.assign(test, absents("test", names), { test });
};
