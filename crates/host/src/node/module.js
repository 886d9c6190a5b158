import buffer from "node:buffer";
import crypto from "node:crypto";
import events from "node:events";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import path from "node:path";
import perf_hooks from "node:perf_hooks";
import process from "node:process";
import timers from "node:timers";
import url from "node:url";
import util from "node:util";
import worker_threads from "node:worker_threads";

const modules = { buffer, crypto, events, fs, "fs/promises": fsPromises, path, perf_hooks, process, timers, url, util, worker_threads };

// Enough for ES modules that reach for the host's own modules (Emscripten's output does).
export function createRequire(importer) {
  return function require(name) {
    const module = modules[name.replace(/^node:/, "")];
    if (module !== undefined) return module;
    const error = new Error(`cannot find module '${name}' required from ${importer}: only builtin modules can be required`);
    error.code = "MODULE_NOT_FOUND";
    throw error;
  };
}

export const builtinModules = Object.keys(modules);
export default { createRequire, builtinModules };
