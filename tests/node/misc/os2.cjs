// os: what can be told without knowing the machine, and errors.
const os = require("os");
const { show } = require("../show.js");
show("kinds", () => [
  os.platform(),
  os.type(),
  os.arch(),
  os.endianness(),
  os.EOL === "\n",
  os.devNull,
  os.machine(),
  typeof os.release(),
  typeof os.version(),
]);
show("numbers", () => [
  os.totalmem() > os.freemem(),
  os.uptime() > 0,
  os.loadavg().length,
  os.cpus().length === os.availableParallelism() || os.availableParallelism() > 0,
  os.cpus()[0].times.user >= 0,
]);
show("names", () => [
  os.hostname().length > 0,
  os.homedir() === process.env.HOME,
  os.tmpdir(),
  Object.keys(os.userInfo()).sort().join(),
  os.userInfo({ encoding: "buffer" }).username instanceof Buffer,
]);
show("user bad", () => os.userInfo({ encoding: "nope" }) && "fine");
show("priority", () => [typeof os.getPriority(), os.getPriority(process.pid) === os.getPriority(0)]);
show("priority none", () => os.getPriority(2 ** 22 + 7));
