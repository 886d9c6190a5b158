// What process says of itself, with errors of what it is asked.
const { show } = require("../show.js");
show("env", () => {
  process.env.X_TEST = 5;
  const v = [
    process.env.X_TEST,
    "X_TEST" in process.env,
    delete process.env.X_TEST,
    process.env.X_TEST,
    Object.keys(process.env).includes("PATH"),
  ];
  return v;
});
show("env symbol", () => {
  process.env[Symbol("x")] = 1;
});
show("env undefined", () => {
  process.env.U = undefined;
  return process.env.U;
});
show("ids", () => [
  typeof process.getuid(),
  process.geteuid() === process.getuid(),
  typeof process.getgid(),
  Array.isArray(process.getgroups()),
]);
show("features", () => Object.keys(process.features).includes("inspector"));
show("tag", () => [
  Object.prototype.toString.call(process),
  process instanceof require("events"),
  Object.getPrototypeOf(process).constructor.name,
]);
show("builtin", () => [
  process.getBuiltinModule("fs") === require("fs"),
  process.getBuiltinModule("node:path").sep,
  process.getBuiltinModule("nope"),
]);
