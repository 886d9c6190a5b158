import fs from "llrt:fs";
import { fileURLToPath } from "node:url";

// LLRT has the operations; this adds what programs for Node expect around them: paths given as URLs
// or buffers, and errors with `code`, `errno`, `syscall` and `path`.

const CODES = { 1: "EPERM", 2: "ENOENT", 9: "EBADF", 13: "EACCES", 17: "EEXIST", 18: "EXDEV", 20: "ENOTDIR", 21: "EISDIR", 22: "EINVAL", 24: "EMFILE", 28: "ENOSPC", 30: "EROFS", 39: "ENOTEMPTY", 40: "ELOOP" };

function pathOf(value) {
  if (typeof value === "string") return value;
  if (value instanceof URL) return fileURLToPath(value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  throw new TypeError("a path must be a string, a URL or a Uint8Array");
}

function describe(error, syscall, path) {
  const [, text, number] = /([^."]*?) \(os error (\d+)\)/.exec(error?.message) ?? [];
  const code = CODES[number];
  if (code === undefined) return error;
  const described = new Error(`${code}: ${text.trim().toLowerCase()}, ${syscall} '${path}'`);
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

export function appendFileSync(path, data) {
  const before = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  writeFileSync(path, Buffer.concat([before, Buffer.from(data)]));
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
