import { test, run, same, list, holds, throws, rejects } from "../harness.mjs";
import fs, { readFileSync, existsSync } from "node:fs";
import * as fsPromises from "node:fs/promises";
import path from "path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import answer, { name } from "package";
import { pattern } from "package/features/x";
import legacy from "legacy";
import data from "./modules/data.json" with { type: "json" };
import { own } from "#own";

const here = new URL(".", import.meta.url);

test("import.meta", () => {
  holds(import.meta.url.startsWith("file:///") && import.meta.url.endsWith("/host/modules.mjs"));
  same(import.meta.filename, fileURLToPath(import.meta.url));
  same(import.meta.dirname, path.dirname(import.meta.filename));
  same(import.meta.resolve("./x/../modules.mjs"), import.meta.url);
  same(import.meta.resolve("package"), new URL("node_modules/package/esm/index.mjs", here).href);
  same(import.meta.resolve("fs"), "node:fs");
});

test("packages", () => {
  same(answer, 42);
  same(name, "import");
  same(pattern, "x");
  same(legacy, "legacy main");
  same(own, "own");
  same(data.list[1], 2);
});

test("a JSON module is parsed, not run", async () => {
  same(Object.hasOwn(data, "__proto__"), true);
  same(data.mark, "\u2028");
  await rejects(SyntaxError, import("./modules/not-data.json", { with: { type: "json" } }), /not-data\.json is not JSON/);
  same(await import("./modules/not-data.json", { with: { type: "json" } }).catch((e) => e.name), "SyntaxError");
  same(await import("./modules/data.json").catch((e) => e.code), "ERR_IMPORT_ATTRIBUTE_MISSING");
  same(globalThis.ran, undefined);
});

test("failures name both ends", async () => {
  const failure = async (specifier, pattern, code, type = Error) => {
    const error = await rejects(type, import(specifier), pattern);
    same(error.code, code);
  };
  await failure("./nothing.mjs", /Cannot find module '\/.*nothing\.mjs' imported from .*modules\.mjs/, "ERR_MODULE_NOT_FOUND");
  await failure("no-such-package", /no-such-package.*modules\.mjs/, "ERR_MODULE_NOT_FOUND");
  await failure("package/hidden.js", /is not defined by "exports"/, "ERR_PACKAGE_PATH_NOT_EXPORTED");
  await failure("./modules", /Directory import .* is not supported/, "ERR_UNSUPPORTED_DIR_IMPORT");
  await failure("http://example.org/x.mjs", /http/, "ERR_UNSUPPORTED_ESM_URL_SCHEME");
  await failure("#nothing", /is not defined in package/, "ERR_PACKAGE_IMPORT_NOT_DEFINED", TypeError);
  await failure("./a%2fb.mjs", /must not include encoded/, "ERR_INVALID_MODULE_SPECIFIER", TypeError);
  await failure("node:nothing", /No such built-in module: node:nothing/, "ERR_UNKNOWN_BUILTIN_MODULE");
});

test("a module that throws", async () => {
  const error = await rejects(RangeError, import("./modules/throws.mjs"), /thrown by the module/);
  same(await import("./modules/throws.mjs").catch((e) => e), error);
});

test("dynamic import gives the same module", async () => {
  const first = await import("./modules/counter.mjs");
  const second = await import(new URL("modules/counter.mjs", here).href);
  same(first, second);
  first.next();
  same(second.count, 1);
});

test("files", async () => {
  const file = new URL("modules/data.json", here);
  same(readFileSync(file, "utf8"), readFileSync(fileURLToPath(file)).toString());
  same(JSON.parse(await fsPromises.readFile(file, "utf8")).list.length, 2);
  same(existsSync(new URL("nothing", here)), false);
  const error = throws(Error, () => readFileSync("/no/such/file"), /ENOENT.*open '\/no\/such\/file'/);
  list([error.code, error.errno, error.syscall, error.path], ["ENOENT", -2, "open", "/no/such/file"]);
  for (const length of [5000, 100000]) {
    const error = throws(Error, () => readFileSync("x".repeat(length)), /^ENAMETOOLONG: name too long, open 'x/);
    list([error.code, error.errno], ["ENAMETOOLONG", -36]);
    same(existsSync("x".repeat(length)), false);
  }
  same((await rejects(Error, fs.promises.stat("/no/such/file"))).code, "ENOENT");
  await new Promise((done) => fs.readFile(file, "utf8", (error, text) => { same(error, null); holds(text.length > 0); done(); }));
});

test("appending", () => {
  const folder = fs.mkdtempSync("/tmp/bident-append-");
  const file = path.join(folder, "file");
  fs.appendFileSync(file, "ab");
  fs.appendFileSync(file, new Uint8Array([99]));
  same(readFileSync(file, "utf8"), "abc");
  throws(Error, () => fs.appendFileSync(folder, "x"), /^EISDIR: illegal operation on a directory, open/);
  fs.rmSync(folder, { recursive: true });
});

test("paths and URLs", () => {
  same(path.join("a", "..", "b", "./c"), "b/c");
  same(path.resolve("/a", "b"), "/a/b");
  same(fileURLToPath("file:///a%20b"), "/a b");
  same(pathToFileURL("/a b").href, "file:///a%20b");
});

test("require for builtin modules", () => {
  const require = createRequire(import.meta.url);
  same(require("fs").readFileSync, readFileSync);
  same(typeof require("node:crypto").randomFillSync, "function");
  same(require("./modules/data.json").list.length, 2);
});

test("the main thread, and another", async () => {
  const threads = createRequire(import.meta.url)("worker_threads");
  const { isMainThread, parentPort, threadId, workerData, Worker } = await import("node:worker_threads");
  same(isMainThread, true);
  same(parentPort, null);
  same(workerData, null);
  same(threadId, 0);
  same(threads.Worker, Worker);
  const worker = new Worker("const { parentPort, workerData } = require('worker_threads'); parentPort.postMessage(workerData * 2);", { eval: true, workerData: 21 });
  same(await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject)), 42);
  same(await new Promise((resolve) => worker.on("exit", resolve)), 0);
});

await run();
