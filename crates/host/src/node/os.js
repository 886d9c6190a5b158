// `node:os`, on Linux.
(native, use) => {
  const { fail, make, validateInteger } = use("node/errors");
  const read = (path) => {
    try {
      return use("node/fs").readFileSync(path, "utf8");
    } catch {
      return "";
    }
  };
  const memory = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(read("/proc/meminfo"))?.[1] ?? 0) * 1024;
  const NAMES = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(" ");
  const signals = Object.fromEntries(NAMES.map((name, i) => [`SIG${name}`, i + 1]));
  Object.assign(signals, { SIGIOT: 6, SIGPOLL: 29 });
  const errno = {
    E2BIG: 7, EACCES: 13, EADDRINUSE: 98, EADDRNOTAVAIL: 99, EAGAIN: 11, EBADF: 9, EBUSY: 16, ECANCELED: 125, ECHILD: 10, ECONNABORTED: 103, ECONNREFUSED: 111, ECONNRESET: 104,
    EDEADLK: 35, EDOM: 33, EEXIST: 17, EFAULT: 14, EFBIG: 27, EHOSTUNREACH: 113, EINTR: 4, EINVAL: 22, EIO: 5, EISCONN: 106, EISDIR: 21, ELOOP: 40, EMFILE: 24, EMLINK: 31,
    EMSGSIZE: 90, ENAMETOOLONG: 36, ENETUNREACH: 101, ENFILE: 23, ENODEV: 19, ENOENT: 2, ENOEXEC: 8, ENOLCK: 37, ENOMEM: 12, ENOSPC: 28, ENOSYS: 38, ENOTCONN: 107, ENOTDIR: 20,
    ENOTEMPTY: 39, ENOTSOCK: 88, ENOTSUP: 95, ENOTTY: 25, ENXIO: 6, EPERM: 1, EPIPE: 32, ERANGE: 34, EROFS: 30, ESPIPE: 29, ESRCH: 3, ETIMEDOUT: 110, ETXTBSY: 26, EWOULDBLOCK: 11, EXDEV: 18, EAFNOSUPPORT: 97, EALREADY: 114, EBADMSG: 74, EDESTADDRREQ: 89, EDQUOT: 122, EIDRM: 43, EILSEQ: 84, EINPROGRESS: 115, EMULTIHOP: 72,
    ENETDOWN: 100, ENETRESET: 102, ENOBUFS: 105, ENODATA: 61, ENOLINK: 67, ENOMSG: 42, ENOPROTOOPT: 92, ENOSR: 63, ENOSTR: 60, EOPNOTSUPP: 95, EOVERFLOW: 75, EPROTO: 71,
    EPROTONOSUPPORT: 93, EPROTOTYPE: 91, ESTALE: 116, ETIME: 62,
  };
  const priority = { PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0, PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14, PRIORITY_HIGHEST: -20 };
  function cpus() {
    const models = [...read("/proc/cpuinfo").matchAll(/^model name\s*: (.*)$/gm)].map((match) => match[1]);
    const times = [...read("/proc/stat").matchAll(/^cpu\d+ (\d+) (\d+) (\d+) (\d+) \d+ (\d+)/gm)];
    return times.map(([, ...fields], i) => {
      const [user, nice, sys, idle, irq] = fields.map((field) => Number(field) * 10);
      return { model: models[i] ?? "unknown", speed: 0, times: { user, nice, sys, idle, irq } };
    });
  }
  function userInfo({ encoding = "utf8" } = {}) {
    const uid = process.getuid();
    const line = read("/etc/passwd").split("\n").map((text) => text.split(":")).find((fields) => Number(fields[2]) === uid && fields.length > 6);
    if (line === undefined) fail(Error, "ERR_SYSTEM_ERROR", "A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)");
    const text = (value) => (encoding === "buffer" ? Buffer.from(value) : value);
    return { uid, gid: Number(line[3]), username: text(line[0]), homedir: text(line[5]), shell: text(line[6]) };
  }

  // How nice a process is stands in its `stat`, behind a name that may hold anything.
  function getPriority(pid = 0) {
    validateInteger(pid, "pid", -2147483648, 2147483647);
    const stat = read(`/proc/${pid === 0 ? "self" : pid}/stat`);
    if (stat === "") throw Object.assign(make(Error, "ERR_SYSTEM_ERROR", "A system error occurred: uv_os_getpriority returned ESRCH (no such process)"), { name: "SystemError", errno: -3, syscall: "uv_os_getpriority" });
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
  }
  const frozen = (values) => Object.freeze(Object.assign(Object.create(null), values));

  // What has no arguments is also what it gives, as text.
  const plain = (functions) => {
    for (const run of Object.values(functions)) Object.defineProperty(run, Symbol.toPrimitive, { value: () => run() });
    return functions;
  };
  return {
    cpus, userInfo, ...plain({
      arch: () => process.arch, availableParallelism: () => cpus().length || 1, endianness: () => "LE", freemem: () => memory("MemAvailable"), totalmem: () => memory("MemTotal"),
    homedir: () => process.env.HOME ?? userInfo().homedir, hostname: () => read("/proc/sys/kernel/hostname").trim(), loadavg: () => read("/proc/loadavg").split(" ").slice(0, 3).map(Number),
    machine: () => ({ x64: "x86_64", arm64: "aarch64" })[process.arch] ?? process.arch, networkInterfaces: () => ({}), platform: () => process.platform,
    release: () => read("/proc/sys/kernel/osrelease").trim(), tmpdir: () => (process.env.TMPDIR || process.env.TMP || process.env.TEMP || "/tmp").replace(/(.)\/$/, "$1"),
    type: () => "Linux", uptime: () => Number(read("/proc/uptime").split(" ")[0]), version: () => read("/proc/sys/kernel/version").trim(),
    }),
    getPriority,
    setPriority: (pid, priority) => {
      if (priority === undefined) [pid, priority] = [0, pid];
      validateInteger(pid, "pid", -2147483648, 2147483647);
      validateInteger(priority, "priority", -20, 19);
      return fail(Error, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "os.setPriority is not there in this host");
    },
    constants: frozen({ UV_UDP_REUSEADDR: 4, dlopen: frozen({ RTLD_LAZY: 1, RTLD_NOW: 2, RTLD_GLOBAL: 256, RTLD_LOCAL: 0, RTLD_DEEPBIND: 8 }), errno: frozen(errno), signals: frozen(signals), priority: frozen(priority) }),
    EOL: "\n", devNull: "/dev/null",
  };
};
