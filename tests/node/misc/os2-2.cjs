// os: what can be told without knowing the machine, and errors.
const os = require("os");
const { show } = require("../show.js");
show("priority bad", () => os.getPriority("x"));
show("set bad", () => os.setPriority(0, 99));
show("set type", () => os.setPriority("x"));
show("signals", () => [
  os.constants.signals.SIGINT,
  os.constants.signals.SIGKILL,
  os.constants.signals.SIGWINCH,
  Object.keys(os.constants.signals).length,
]);
show("errno", () => [
  os.constants.errno.ENOENT,
  os.constants.errno.EADDRINUSE,
  os.constants.errno.ENOTSUP,
  Object.keys(os.constants.errno).length,
]);
show("others", () => [os.constants.priority, os.constants.dlopen, os.constants.UV_UDP_REUSEADDR]);
