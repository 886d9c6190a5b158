// Copies of whole trees: `cp` of `node:fs`.
(native, use) => {
  const path = use("node/path");
  const { invalidType, make } = use("node/errors");
  const { errno } = use("node/os").constants;

  const system = (code, number, message, from, to) => make(Error, code, `${message}: cp returned ${number} (${WORDS[number]}) ${to}`, { errno: errno[number], syscall: "cp", path: to, info: { message, path: to, syscall: "cp", errno: errno[number], code: number }, name: "SystemError" });
  const WORDS = { EINVAL: "invalid argument", EEXIST: "file already exists", EISDIR: "illegal operation on a directory", ENOTDIR: "not a directory" };
  const refuse = (code, number, message, from, to) => {
    const error = system(code, number, message, from, to);
    Object.defineProperty(error, "name", { value: "SystemError", writable: true, configurable: true });
    throw error;
  };

  const options = (given = {}) => {
    if (given === null || typeof given !== "object") throw invalidType("options", "of type object", given);
    const { dereference = false, errorOnExist = false, filter, force = true, preserveTimestamps = false, recursive = false, verbatimSymlinks = false, mode = 0 } = given;
    if (filter !== undefined && typeof filter !== "function") throw invalidType("options.filter", "of type function", filter);
    return { dereference, errorOnExist, filter, force, preserveTimestamps, recursive, verbatimSymlinks, mode };
  };

  const isWithin = (folder, place) => place === folder || place.startsWith(folder.endsWith("/") ? folder : `${folder}/`);

  // The steps, for operations that give their results or promises of them.
  function* copy(fs, from, to, how, isFirst) {
    if (how.filter && !(yield how.filter(from, to))) return;
    const source = yield (how.dereference ? fs.stat : fs.lstat)(from);
    const target = yield fs.find(to);
    if (target !== undefined && source.ino === target.ino && source.dev === target.dev) refuse("ERR_FS_CP_EINVAL", "EINVAL", "Invalid src or dest", from, "src and dest cannot be the same");
    if (target !== undefined && source.isDirectory() && !target.isDirectory()) refuse("ERR_FS_CP_DIR_TO_NON_DIR", "EISDIR", "Cannot overwrite non-directory with directory", from, `cannot overwrite non-directory ${to} with directory ${from}`);
    if (target !== undefined && !source.isDirectory() && target.isDirectory()) refuse("ERR_FS_CP_NON_DIR_TO_DIR", "ENOTDIR", "Cannot overwrite directory with non-directory", from, `cannot overwrite directory ${to} with non-directory ${from}`);
    if (isFirst) {
      if (source.isDirectory() && isWithin(path.resolve(from), path.resolve(to))) refuse("ERR_FS_CP_EINVAL", "EINVAL", "Cannot copy to a subdirectory of self", from, `cannot copy ${from} to a subdirectory of self ${to}`);
      yield fs.mkdir(path.dirname(path.resolve(to)), { recursive: true });
    }
    if (source.isDirectory()) yield* copyFolder(fs, from, to, how, source, target);
    else if (source.isSymbolicLink()) yield* copyLink(fs, from, to, how, target);
    else if (source.isFile() || source.isCharacterDevice() || source.isBlockDevice()) yield* copyFile(fs, from, to, how, source, target);
    else if (source.isSocket()) refuse("ERR_FS_CP_SOCKET", "EINVAL", "Cannot copy a socket file", from, `cannot copy a socket file: ${to}`);
    else if (source.isFIFO()) refuse("ERR_FS_CP_FIFO_PIPE", "EINVAL", "Cannot copy a FIFO pipe", from, `cannot copy a FIFO pipe: ${to}`);
  }

  function* copyFolder(fs, from, to, how, source, target) {
    if (!how.recursive) refuse("ERR_FS_EISDIR", "EISDIR", "Recursive option not enabled, cannot copy a directory", from, `Recursive option not enabled, cannot copy a directory: ${from}`);
    if (target === undefined) yield fs.mkdir(to, { mode: source.mode & 0o777 });
    for (const name of yield fs.readdir(from)) yield* copy(fs, path.join(from, name), path.join(to, name), how, false);
  }

  function* copyLink(fs, from, to, how, target) {
    let place = yield fs.readlink(from);
    if (!how.verbatimSymlinks && !path.isAbsolute(place)) place = path.resolve(path.dirname(from), place);
    if (target !== undefined) yield fs.unlink(to);
    yield fs.symlink(place, to);
  }

  function* copyFile(fs, from, to, how, source, target) {
    if (target !== undefined) {
      if (!how.force) {
        if (how.errorOnExist) refuse("ERR_FS_CP_EEXIST", "EEXIST", "Target already exists", from, `${to} already exists`);
        return;
      }
      yield fs.unlink(to);
    }
    yield fs.copyFile(from, to, how.mode);
    if (how.preserveTimestamps) yield fs.utimes(to, source.atimeMs / 1000, source.mtimeMs / 1000);
  }

  function cpSync(fs, from, to, given) {
    const steps = copy(fs, from, to, options(given), true);
    for (let step = steps.next(); !step.done;) {
      let value;
      try {
        value = step.value;
        if (typeof value?.then === "function") throw make(Error, "ERR_INVALID_RETURN_VALUE", "Expected boolean to be returned from the \"filter\" function but got an instance of Promise.");
      } catch (error) {
        step = steps.throw(error);
        continue;
      }
      step = steps.next(value);
    }
  }

  async function cp(fs, from, to, given) {
    const steps = copy(fs, from, to, options(given), true);
    for (let step = steps.next(); !step.done;) {
      let value;
      try {
        value = await step.value;
      } catch (error) {
        step = steps.throw(error);
        continue;
      }
      step = steps.next(value);
    }
  }

  return { cp, cpSync };
};
