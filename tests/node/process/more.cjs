// What `process` tells and does.
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
console.log(typeof process.pid, typeof process.ppid, process.platform, process.arch, process.argv.length, process.title.length > 0, process.execArgv, process.exitCode, process.release.name, typeof process.versions.node);
console.log(process.uptime() > 0, process.hrtime().length, typeof process.hrtime.bigint(), process.hrtime([0, 0])[0] >= 0, process.memoryUsage().rss > 0, process.memoryUsage.rss() > 0, Object.keys(process.cpuUsage()), Object.keys(process.memoryUsage()));
process.env.OWN = 5;
console.log(process.env.OWN, typeof process.env.OWN, "OWN" in process.env, delete process.env.OWN, process.env.OWN, Object.keys(process.env).includes("PATH"));
console.log(process.cwd() === require("node:path").resolve("."), process.umask(0o22) >= 0, process.umask(), process.config !== undefined, process.features.inspector !== undefined, String(process), Object.prototype.toString.call(process));
show(() => { try { process.chdir("/no/such/folder"); } catch (error) { error.message = error.message.replace(process.cwd(), "CWD"); throw error; } });
show(() => process.chdir(5));
show(() => process.kill("x"));
show(() => process.kill(process.pid, "SIGNOPE"));
show(() => process.kill(process.pid, 0));
show(() => process.kill(2 ** 22 + 1, 0));
show(() => process.nextTick("x"));
show(() => process.hrtime("x"));
show(() => process.hrtime([1]));
show(() => { process.exitCode = "x"; });
show(() => { process.exitCode = 1.5; });
show(() => process.emitWarning(5));
show(() => process.setUncaughtExceptionCaptureCallback("x"));
show(() => process.cpuUsage("x"));
show(() => process.getBuiltinModule("node:fs") === require("node:fs"));
show(() => process.getBuiltinModule("nope"));
process.on("warning", (warning) => console.log("warning", warning.name, warning.code, warning.message, warning.detail));
process.emitWarning("careful", { type: "Own", code: "W1", detail: "more" });
process.emitWarning("old", "DeprecationWarning", "DEP1");
process.emitWarning(new Error("as an error"));
process.once("beforeExit", (code) => { console.log("beforeExit", code); setTimeout(() => console.log("again"), 1); });
process.on("exit", (code) => console.log("exit", code, process.exitCode));
process.exitCode = 3;
console.log(process.listenerCount("exit"), process.eventNames().sort(), process.stdout.writable, process.stdin.fd, process.stdout.fd, process.stderr.fd);
