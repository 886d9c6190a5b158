// `node:wasi`, around the functions of the host's WASI.
(native, use) => {
  const { fail, make, invalidType, validateString } = use("node/errors");

  const NAMES = [
    "args_get", "args_sizes_get", "clock_res_get", "clock_time_get", "environ_get", "environ_sizes_get", "fd_advise",
    "fd_allocate", "fd_close", "fd_datasync", "fd_fdstat_get", "fd_fdstat_set_flags", "fd_fdstat_set_rights",
    "fd_filestat_get", "fd_filestat_set_size", "fd_filestat_set_times", "fd_pread", "fd_prestat_dir_name",
    "fd_prestat_get", "fd_pwrite", "fd_read", "fd_readdir", "fd_renumber", "fd_seek", "fd_sync", "fd_tell", "fd_write",
    "path_create_directory", "path_filestat_get", "path_filestat_set_times", "path_link", "path_open", "path_readlink",
    "path_remove_directory", "path_rename", "path_symlink", "path_unlink_file", "poll_oneoff", "proc_raise",
    "random_get", "sched_yield", "sock_accept", "sock_recv", "sock_send", "sock_shutdown",
  ];
  const VERSIONS = { unstable: "wasi_unstable", preview1: "wasi_snapshot_preview1" };
  const isObject = (value) => typeof value === "object" && value !== null;

  // What goes through the guest's frames where it ends itself.
  const EXITED = Symbol("exited");

  const list = (value, name) => {
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw invalidType(name, "an instance of Array", value);
    return value.map(String);
  };

  const pairs = (value, name) => {
    if (value === undefined) return [];
    if (!isObject(value)) throw invalidType(name, "of type object", value);
    return Object.entries(value).filter(([, inner]) => inner !== undefined).flat().map(String);
  };

  const number = (value, name, otherwise) => {
    if (value === undefined) return otherwise;
    if (typeof value !== "number") throw invalidType(name, "of type number", value);
    if (!Number.isInteger(value) || value < 0 || value > 2147483647) fail(RangeError, "ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be >= 0 && <= 2147483647. Received ${value}`);
    return value;
  };

  class WASI {
    #started = false;
    #returns;
    #status = 0;
    #namespace;

    constructor(options = {}) {
      if (!isObject(options)) throw invalidType("options", "of type object", options);
      validateString(options.version, "options.version");
      this.#namespace = VERSIONS[options.version];
      if (this.#namespace === undefined) fail(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.version' unsupported WASI version. Received '${options.version}'`);
      const settings = {
        args: list(options.args, "options.args"), env: pairs(options.env, "options.env"), preopens: pairs(options.preopens, "options.preopens"),
        stdio: ["stdin", "stdout", "stderr"].map((name, i) => number(options[name], `options.${name}`, i)),
      };
      if (options.returnOnExit !== undefined && typeof options.returnOnExit !== "boolean") throw invalidType("options.returnOnExit", "of type boolean", options.returnOnExit);
      this.#returns = options.returnOnExit ?? true;
      try {
        this.wasiImport = { ...native.functions(NAMES, settings) };
      } catch (error) {
        throw error?.errno === undefined ? error : make(Error, use("node/file_classes").describe(error, "uvwasi_init").code, "uvwasi_init");
      }
      this.wasiImport.proc_exit = (status) => this.#exit(status);
    }

    #exit(status) {
      if (!this.#returns) process.reallyExit(status);
      this.#status = status;
      throw EXITED;
    }

    getImportObject() { return { [this.#namespace]: this.wasiImport }; }

    finalizeBindings(instance, { memory = instance?.exports?.memory } = {}) {
      if (this.#started) fail(Error, "ERR_WASI_ALREADY_STARTED", "WASI instance has already started");
      if (!isObject(instance)) throw invalidType("instance", "of type object", instance);
      if (!isObject(instance.exports)) throw invalidType("instance.exports", "of type object", instance.exports);
      if (!(memory instanceof WebAssembly.Memory)) throw invalidType("instance.exports.memory", "a WebAssembly.Memory object", memory);
      this.#started = true;
    }

    start(instance) {
      this.finalizeBindings(instance);
      const { _start, _initialize } = instance.exports;
      if (typeof _start !== "function") throw invalidType("instance.exports._start", "of type function", _start);
      if (_initialize !== undefined) throw invalidType("instance.exports._initialize", "undefined", _initialize);
      try {
        _start();
      } catch (error) {
        if (error !== EXITED) throw error;
        return this.#status;
      }
      return 0;
    }

    initialize(instance) {
      this.finalizeBindings(instance);
      const { _start, _initialize } = instance.exports;
      if (_initialize !== undefined && typeof _initialize !== "function") throw invalidType("instance.exports._initialize", "of type function", _initialize);
      if (_start !== undefined) throw invalidType("instance.exports._start", "undefined", _start);
      _initialize?.();
    }
  }

  return { WASI };
};
