// What process says of itself, with errors of what it is asked.
const { show } = require("../show.js");
show("builtin bad", () => process.getBuiltinModule(5));
show("active", () => Array.isArray(process.getActiveResourcesInfo()));
show("allowed", () => [
  process.allowedNodeEnvironmentFlags instanceof Set,
  process.noDeprecation,
  process.throwDeprecation,
  process.sourceMapsEnabled,
  process.exitCode,
  typeof process.binding,
]);
