// What `node:os` tells.
const os = require("node:os");
console.log(os.EOL === "\n", os.platform(), os.type(), os.arch(), os.endianness(), os.devNull, typeof os.release(), typeof os.version(), typeof os.machine());
console.log(os.tmpdir() === (process.env.TMPDIR ?? "/tmp").replace(/(.)\/$/, "$1"), os.homedir().length > 0, os.hostname().length > 0, os.availableParallelism() > 0, os.cpus().length > 0, Object.keys(os.cpus()[0]));
console.log(os.totalmem() > os.freemem(), os.freemem() > 0, os.uptime() > 0, os.loadavg().length, Object.keys(os.userInfo()).sort());
console.log(os.constants.signals.SIGINT, os.constants.signals.SIGKILL, os.constants.errno.ENOENT, os.constants.errno.EACCES, os.constants.priority.PRIORITY_LOW, os.constants.dlopen.RTLD_LAZY, os.constants.UV_UDP_REUSEADDR);
console.log(Object.values(os.networkInterfaces()).flat().every((one) => typeof one.address === "string" && typeof one.internal === "boolean"), typeof os.getPriority());
