// CommonJS: `require`, the class `Module`, and `node:module`.
//
// `native` finds files (`resolve`), reads and compiles them (`format`, `read`, `compile`), and evaluates ES modules
// at once (`importNow`).
(native, use) => {
  const path = use("node/path");
  const builtinModules = native.builtins.filter((name) => !name.startsWith("_"));
  const known = new Set(native.builtins);

  const fail = (Class, code, message, more) => {
    throw Object.assign(new Class(message), { code }, more);
  };

  function Module(id = "", parent = undefined) {
    this.id = id;
    this.path = path.dirname(id);
    this.exports = {};
    this.filename = null;
    this.loaded = false;
    this.children = [];
    this.paths = [];
    Object.defineProperty(this, "parent", { value: parent ?? null, writable: true, configurable: true, enumerable: false });
    parent?.children?.push(this);
  }

  Module._cache = Object.create(null);
  Module._pathCache = Object.create(null);
  Module._extensions = Object.create(null);
  Module.globalPaths = [];
  Module.Module = Module;
  Object.assign(Module, use("node/errors").absents("module", ["SourceMap", "findPackageJSON", "flushCompileCache", "getCompileCacheDir", "getSourceMapsSupport", "setSourceMapsSupport", "stripTypeScriptTypes"]));
  Module.constants = { compileCacheStatus: { FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 } };
  Module.builtinModules = builtinModules;

  const bareName = (name) => (name.startsWith("node:") ? name.slice(5) : name);
  const isBuiltin = (name) => typeof name === "string" && (known.has(name) || known.has(bareName(name)));
  const builtin = (name) => (name === "bident:stacklet" ? native.importNow(name) : use(`node/${bareName(name).replaceAll("/", "_")}`));

  function checked(name) {
    if (typeof name !== "string") {
      fail(TypeError, "ERR_INVALID_ARG_TYPE", `The "id" argument must be of type string. Received ${received(name)}`);
    }
    if (name === "") fail(TypeError, "ERR_INVALID_ARG_VALUE", "The argument 'id' must be a non-empty string. Received ''");
    return name;
  }

  function received(value) {
    if (value === null || value === undefined) return String(value);
    if (typeof value === "function") return `function ${value.name}`;
    if (typeof value === "object") return value.constructor?.name ? `an instance of ${value.constructor.name}` : "[Object: null prototype] {}";
    return `type ${typeof value} (${typeof value === "string" ? `'${value}'` : typeof value === "bigint" ? `${value}n` : String(value)})`;
  }

  const importerOf = (parent) => parent?.filename ?? path.join(process.cwd(), "[eval]");

  Module._resolveFilename = (name, parent) => {
    if (isBuiltin(name)) return name;
    try {
      return native.resolve(name, importerOf(parent));
    } catch (error) {
      if (error.code === "MODULE_NOT_FOUND") {
        error.requireStack = [];
        for (let at = parent; at; at = at.parent) error.requireStack.push(at.filename ?? at.id);
        error.message = `Cannot find module '${name}'${error.requireStack.length ? `\nRequire stack:\n- ${error.requireStack.join("\n- ")}` : ""}`;
      }
      throw error;
    }
  };

  Module._load = (name, parent, isMain = false) => {
    const filename = Module._resolveFilename(name, parent);
    if (isBuiltin(filename) || filename === "bident:stacklet") return builtin(filename);
    const cached = Module._cache[filename];
    if (cached !== undefined) {
      if (parent && !parent.children.includes(cached)) parent.children.push(cached);
      return cached.exports;
    }
    return load(filename, parent, isMain).exports;
  };

  function load(filename, parent, isMain) {
    const module = new Module(filename, parent);
    if (isMain) {
      module.id = ".";
      Module.main = module;
      native.setMain(filename);
    }
    Module._cache[filename] = module;
    let done = false;
    try {
      module.load(filename);
      done = true;
    } finally {
      if (!done) delete Module._cache[filename];
    }
    return module;
  }

  Module.prototype.load = function (filename) {
    this.filename = filename;
    this.paths = Module._nodeModulePaths(path.dirname(filename));
    (Module._extensions[path.extname(filename)] ?? Module._extensions[".js"])(this, filename);
    this.loaded = true;
  };

  Module.prototype.require = function (name) {
    return Module._load(checked(name), this);
  };

  Module.prototype._compile = function (text, filename) {
    run(this, native.compile(text, filename), filename);
  };

  function run(module, wrapper, filename) {
    return Reflect.apply(wrapper, module.exports, [module.exports, requireOf(module), module, filename, path.dirname(filename)]);
  }

  Module._extensions[".js"] = (module, filename) => {
    const format = native.format(filename);
    if (format === "module" || format === "wasm") {
      module.exports = native.importNow(filename);
      return;
    }
    let wrapper;
    const text = native.read(filename);
    try {
      wrapper = native.compile(text, filename);
    } catch (error) {
      if (format !== "unknown" || !(error instanceof SyntaxError) || !looksLikeModule(text)) throw error;
      module.exports = native.importNow(filename);
      return;
    }
    run(module, wrapper, filename);
  };

  const looksLikeModule = (text) => /^\s*(import|export)\b|\bimport\.meta\b|^\s*await\b/m.test(text);

  Module._extensions[".json"] = (module, filename) => {
    try {
      module.exports = JSON.parse(native.read(filename));
    } catch (error) {
      error.message = `${filename}: ${error.message}`;
      throw error;
    }
  };

  Module._extensions[".node"] = (module, filename) => {
    fail(Error, "ERR_DLOPEN_FAILED", `${filename}: this host loads no native addons`);
  };

  function requireOf(module) {
    const require = (name) => module.require(name);
    const resolve = (name, options) => {
      checked(name);
      if (!options?.paths) return Module._resolveFilename(name, module);
      for (const place of options.paths) {
        try {
          return native.resolve(name, path.join(place, "[resolve]"));
        } catch (error) {
          if (error.code !== "MODULE_NOT_FOUND") throw error;
        }
      }
      return fail(Error, "MODULE_NOT_FOUND", `Cannot find module '${name}'`, { requireStack: [] });
    };
    resolve.paths = (name) => (isBuiltin(name) ? null : Module._nodeModulePaths(module.path));
    return Object.assign(require, { resolve, main: Module.main, extensions: Module._extensions, cache: Module._cache });
  }

  Module._nodeModulePaths = (from) => {
    const paths = [];
    for (let at = path.resolve(from); ; at = path.dirname(at)) {
      if (path.basename(at) !== "node_modules") paths.push(path.join(at, "node_modules"));
      if (at === "/") return paths;
    }
  };

  Module.wrapper = ["(function (exports, require, module, __filename, __dirname) { ", "\n});"];
  Module.wrap = (text) => Module.wrapper[0] + text + Module.wrapper[1];
  Module.isBuiltin = isBuiltin;
  Module.syncBuiltinESMExports = () => {};
  Module.enableCompileCache = () => ({ status: 3 });
  Module.findSourceMap = () => undefined;
  Module.register = () => fail(Error, "ERR_FEATURE_UNAVAILABLE", "node:module: this host has no hooks for modules");
  Module.registerHooks = Module.register;

  Module.createRequire = (importer) => {
    let file = importer;
    if (importer instanceof URL || (typeof importer === "string" && importer.startsWith("file:"))) file = use("node/url").fileURLToPath(importer);
    if (typeof file !== "string" || !path.isAbsolute(file)) {
      const shown = typeof importer === "string" ? `'${importer}'` : String(importer);
      fail(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'filename' must be a file URL object, file URL string, or absolute path string. Received ${shown}`);
    }
    const module = new Module(file);
    module.filename = file;
    module.paths = Module._nodeModulePaths(module.path);
    return requireOf(module);
  };

  // For the host: the program; the globals of a text without a file; an ES module that imports a CommonJS one.
  Module.runMain = (filename) => void load(filename, null, true);
  const loadForImport = (filename) => (Module._cache[filename] ?? load(filename, undefined, false)).exports;
  const globalsOfText = (name) => {
    const module = new Module(name);
    module.paths = Module._nodeModulePaths(process.cwd());
    return { exports: module.exports, require: requireOf(module), module, __filename: name, __dirname: "." };
  };
  Object.defineProperties(Module, { loadForImport: { value: loadForImport }, globalsOfText: { value: globalsOfText } });
  return Module;
};
