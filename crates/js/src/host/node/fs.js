import { append } from "host:files";
import fs from "llrt:fs";
import { fileURLToPath } from "node:url";

// LLRT has the operations; this adds what programs for Node expect around them: paths given as URLs
// or buffers, and errors with `code`, `errno`, `syscall` and `path`.

// Linux's numbers, with the words that Node has for them.
const ERRORS = {
  1: ["EPERM", "operation not permitted"], 2: ["ENOENT", "no such file or directory"], 5: ["EIO", "i/o error"],
  6: ["ENXIO", "no such device or address"], 9: ["EBADF", "bad file descriptor"],
  11: ["EAGAIN", "resource temporarily unavailable"], 12: ["ENOMEM", "not enough memory"],
  13: ["EACCES", "permission denied"], 16: ["EBUSY", "resource busy or locked"],
  17: ["EEXIST", "file already exists"], 18: ["EXDEV", "cross-device link not permitted"],
  19: ["ENODEV", "no such device"], 20: ["ENOTDIR", "not a directory"],
  21: ["EISDIR", "illegal operation on a directory"], 22: ["EINVAL", "invalid argument"],
  23: ["ENFILE", "file table overflow"], 24: ["EMFILE", "too many open files"], 26: ["ETXTBSY", "text file is busy"],
  27: ["EFBIG", "file too large"], 28: ["ENOSPC", "no space left on device"], 29: ["ESPIPE", "invalid seek"],
  30: ["EROFS", "read-only file system"], 31: ["EMLINK", "too many links"], 32: ["EPIPE", "broken pipe"],
  36: ["ENAMETOOLONG", "name too long"], 39: ["ENOTEMPTY", "directory not empty"],
  40: ["ELOOP", "too many symbolic links encountered"], 95: ["ENOTSUP", "operation not supported on socket"],
};

function pathOf(value) {
  if (typeof value === "string") return value;
  if (value instanceof URL) return fileURLToPath(value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  throw new TypeError("a path must be a string, a URL or a Uint8Array");
}

// The number stands at the end, behind a path of any length: no pattern is run over the whole text.
function describe(error, syscall, path) {
  const text = String(error?.message);
  const number = parseInt(text.slice(text.lastIndexOf(" (os error ") + " (os error ".length), 10);
  if (!(number in ERRORS)) return error;
  const [code, words] = ERRORS[number];
  const described = new Error(`${code}: ${words}, ${syscall} '${path}'`);
  return Object.assign(described, { code, errno: -number, syscall, path });
}

const sync = (name, syscall) => (path, ...args) => {
  const given = pathOf(path);
  try {
    return fs[name](given, ...args);
  } catch (error) {
    throw describe(error, syscall, given);
  }
};

const async = (name, syscall) => async (path, ...args) => {
  const given = pathOf(path);
  try {
    return await fs.promises[name](given, ...args);
  } catch (error) {
    throw describe(error, syscall, given);
  }
};

export const accessSync = sync("accessSync", "access");
export const chmodSync = sync("chmodSync", "chmod");
export const lstatSync = sync("lstatSync", "lstat");
export const mkdirSync = sync("mkdirSync", "mkdir");
export const mkdtempSync = sync("mkdtempSync", "mkdtemp");
export const readFileSync = sync("readFileSync", "open");
export const readdirSync = sync("readdirSync", "scandir");
export const rmSync = sync("rmSync", "rm");
export const rmdirSync = sync("rmdirSync", "rmdir");
export const statSync = sync("statSync", "stat");
export const unlinkSync = sync("rmSync", "unlink");
export const writeFileSync = sync("writeFileSync", "open");
export const renameSync = (from, to) => sync("renameSync", "rename")(from, pathOf(to));
export const symlinkSync = (target, path) => sync("symlinkSync", "symlink")(target, pathOf(path));

export function existsSync(path) {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

export function appendFileSync(path, data, options) {
  const given = pathOf(path);
  const encoding = typeof options === "string" ? options : options?.encoding;
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(String(data), encoding ?? undefined);
  try {
    append(given, bytes);
  } catch (error) {
    throw describe(error, "open", given);
  }
}

export const promises = {
  access: async("access", "access"),
  chmod: async("chmod", "chmod"),
  lstat: async("lstat", "lstat"),
  mkdir: async("mkdir", "mkdir"),
  mkdtemp: async("mkdtemp", "mkdtemp"),
  open: async("open", "open"),
  readFile: async("readFile", "open"),
  readdir: async("readdir", "scandir"),
  rm: async("rm", "rm"),
  rmdir: async("rmdir", "rmdir"),
  stat: async("stat", "stat"),
  unlink: async("rm", "unlink"),
  writeFile: async("writeFile", "open"),
  rename: (from, to) => async("rename", "rename")(from, pathOf(to)),
  symlink: (target, path) => async("symlink", "symlink")(target, pathOf(path)),
  constants: fs.constants,
};

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
export const constants = fs.constants;
export default {
  ...callbacks, accessSync, appendFileSync, chmodSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync,
  promises, readFileSync, readdirSync, renameSync, rmSync, rmdirSync, statSync, symlinkSync, unlinkSync, writeFileSync,
};
