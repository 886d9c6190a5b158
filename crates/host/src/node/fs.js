import { later, now } from "host:files";
import { Dirent, FileHandle, Stats, bytesOf, describe, encodingOf, given, modeOf } from "host:file_classes";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";

// The host has the operations; this adds what programs for Node expect around them: options, paths given as
// URLs or buffers, and errors with `code`, `errno`, `syscall` and `path`.

function pathOf(value) {
  if (typeof value === "string") return value;
  if (value instanceof URL) return fileURLToPath(value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  throw new TypeError("a path must be a string, a URL or a Uint8Array");
}

const constants = { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 };
const isRecursive = (options) => Boolean(options?.recursive);
const isFor = (options, error) => Boolean(options?.force) && error?.errno === 2;
const nothing = () => undefined;

function entries(names, options, path) {
  if (!options?.withFileTypes) return names.map(({ name }) => name);
  return names.map((entry) => new Dirent(entry, path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path));
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const temporary = (prefix) => prefix + Array.from(randomBytes(6), (byte) => LETTERS[byte % LETTERS.length]).join("");

// Each operation: the system call that errors name, the host's operation, its arguments from those of the
// caller, what the caller gets from its result, and which errors are none.
const OPERATIONS = {
  access: ["access", "access", (path, mode = 0) => [path, mode], nothing],
  appendFile: ["open", "append", (path, data, options) => [path, bytesOf(data, encodingOf(options))], nothing],
  chmod: ["chmod", "chmod", (path, mode) => [path, modeOf(mode)], nothing],
  lstat: ["lstat", "stat", (path) => [path, false], (values) => new Stats(values)],
  mkdir: ["mkdir", "create_directory", (path, options) => [path, isRecursive(options), modeOf(options) ?? 0o777], (path) => path],
  mkdtemp: ["mkdtemp", "create_directory", (prefix) => [temporary(prefix), false, 0o700], (path) => path],
  open: ["open", "open", (path, flags = "r", mode = 0o666) => [path, flags, modeOf(mode)], (handle) => new FileHandle(handle)],
  readFile: ["open", "read", (path) => [path], (bytes, options) => given(bytes, options)],
  readdir: ["scandir", "list", (path, options) => [path, isRecursive(options)], (names, options, path) => entries(names, options, path)],
  rename: ["rename", "rename", (from, to) => [from, pathOf(to)], nothing],
  rm: ["rm", "remove", (path, options) => [path, isRecursive(options)], nothing, isFor],
  rmdir: ["rmdir", "remove_directory", (path, options) => [path, isRecursive(options)], nothing],
  stat: ["stat", "stat", (path) => [path, true], (values) => new Stats(values)],
  symlink: ["symlink", "symlink", (target, path) => [target, pathOf(path)], nothing],
  unlink: ["unlink", "remove", (path) => [path, false], nothing],
  writeFile: ["open", "write", (path, data, options) => [path, bytesOf(data, encodingOf(options)), modeOf(options?.mode)], nothing],
};

const sync = ([syscall, name, args, result, ignore]) => (path, ...rest) => {
  const given = pathOf(path);
  try {
    return result(now[name](...args(given, ...rest)), rest[0], given);
  } catch (error) {
    if (ignore?.(rest[0], error)) return undefined;
    throw describe(error, syscall, given);
  }
};

const async = ([syscall, name, args, result, ignore]) => async (path, ...rest) => {
  const given = pathOf(path);
  try {
    return result(await later[name](...args(given, ...rest)), rest[0], given);
  } catch (error) {
    if (ignore?.(rest[0], error)) return undefined;
    throw describe(error, syscall, given);
  }
};

const syncs = {};
export const promises = { constants };
for (const [name, operation] of Object.entries(OPERATIONS)) {
  if (name !== "open") syncs[`${name}Sync`] = sync(operation);
  if (name !== "appendFile") promises[name] = async(operation);
}

export const {
  accessSync, appendFileSync, chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, rmdirSync,
  statSync, symlinkSync, unlinkSync, writeFileSync,
} = syncs;

export function existsSync(path) {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

// The callback form of every operation that has a promise.
const callbacks = {};
for (const [name, run] of Object.entries(promises)) {
  if (typeof run !== "function") continue;
  callbacks[name] = (...args) => {
    const done = args.pop();
    run(...args).then((value) => done(null, value), done);
  };
}

export const { access, chmod, lstat, mkdir, mkdtemp, open, readFile, readdir, rm, rmdir, stat, unlink, writeFile, rename, symlink } = callbacks;
export { constants };
export default { ...callbacks, ...syncs, constants, existsSync, promises };
