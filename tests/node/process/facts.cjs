// What process says of itself, with errors of what it is asked.
const { show } = require("../show.js");
console.log(
  typeof process.pid,
  typeof process.ppid,
  process.platform,
  process.arch,
  process.title.length > 0,
  process.release.name,
  /^v26\./.test(process.version),
  process.argv.length,
  process.execArgv,
  process.argv0.length > 0,
);
console.log(
  Object.keys(process.versions).includes("node"),
  typeof process.uptime(),
  process.hrtime().length,
  typeof process.hrtime.bigint(),
  process.hrtime([0, 0])[0] >= 0,
  process.config !== undefined,
);
show("hrtime", () => process.hrtime(5));
show("hrtime list", () => process.hrtime([1]));
show("memory", () => [
  Object.keys(process.memoryUsage()).sort().join(),
  typeof process.memoryUsage.rss(),
  typeof process.availableMemory(),
  typeof process.constrainedMemory(),
]);
show("cpu", () => Object.keys(process.cpuUsage()).join());
show("cpu bad", () => process.cpuUsage(5));
