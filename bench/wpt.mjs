// The web platform's own tests, on any runtime that runs an ES module from a file:
//
//   node bench/wpt.mjs WPT "COMMAND ARGS" DIRECTORY... [> report.json]
//   node bench/wpt.mjs ~/wpt "bident run" streams encoding url
//
// WPT is a checkout of github.com/web-platform-tests/wpt. Each `*.any.js` is evaluated as one script, behind
// `testharness.js` and the scripts it names, inside a module that defines what the tests need of a page: `self`,
// `GLOBAL`, `location`, and a `fetch` for files beside the test. Passes of each directory go to standard error,
// what failed as JSON to standard output.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const [root, command, ...directories] = process.argv.slice(2);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "wpt-"));
const files = { code: `${scratch}/code.js`, main: `${scratch}/main.mjs`, result: `${scratch}/result.json` };
const SECONDS = { long: 60, normal: 20 };

function* tests(place) {
  if (fs.statSync(place).isFile()) {
    if (place.endsWith(".any.js")) yield* variants(place);
    return;
  }
  for (const name of fs.readdirSync(place).sort()) yield* tests(path.join(place, name));
}

function* variants(file) {
  const source = fs.readFileSync(file, "utf8");
  const meta = [...source.matchAll(/^\/\/\s*META:\s*(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value.trim()]);
  const of = (wanted) => meta.filter(([key]) => key === wanted).map(([, value]) => value);
  const all = of("variant");
  for (const variant of all.length > 0 ? all : [""]) {
    yield { file, source, variant, scripts: of("script"), isLong: of("timeout").includes("long") };
  }
}

function script({ file, source, scripts }) {
  // What a partial checkout lacks, the test says by failing.
  const read = (name) => {
    const place = name.startsWith("/") ? root + name : path.join(path.dirname(file), name);
    return fs.existsSync(place) ? fs.readFileSync(place, "utf8") : "";
  };
  const parts = [read("/resources/testharness.js"), "globalThis.begin();", ...scripts.map(read), source];
  return parts.join("\n;\n");
}

const program = ({ file, variant }) => `
import fs from "node:fs";
const define = (name, value) => Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
const origin = "http://web-platform.test";
const [root, directory, pathname, search] = ${JSON.stringify([root, path.dirname(file), `/${path.relative(root, file)}`, variant])};
const href = origin + pathname + search;
define("self", globalThis);
define("GLOBAL", { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false });
define("location", { href, search, pathname, origin, host: "web-platform.test", hostname: "web-platform.test", protocol: "http:", port: "", hash: "", toString: () => href });
const { fetch: own } = globalThis;
define("fetch", async (input, init) => {
  const url = String(input?.url ?? input);
  if (/^(data|blob):/.test(url) && own) return own(input, init);
  const name = url.replace(origin, "").replace(/[?#].*/, "");
  const bytes = Uint8Array.from(fs.readFileSync(name.startsWith("/") ? root + name : directory + "/" + name));
  const text = () => Buffer.from(bytes).toString();
  return { ok: true, status: 200, url, text: async () => text(), json: async () => JSON.parse(text()), arrayBuffer: async () => bytes.buffer, blob: async () => new Blob([bytes]) };
});
globalThis.begin = () => {
  delete globalThis.begin;
  setup({ explicit_timeout: true });
  add_completion_callback((tests) => {
    const failed = tests.filter((test) => test.status !== 0).map(({ name, message }) => ({ name, message }));
    fs.writeFileSync(${JSON.stringify(files.result)}, JSON.stringify({ passed: tests.length - failed.length, failed }));
    process.exit(0);
  });
};
process.on("unhandledRejection", () => {});
setInterval(() => {}, 1e6);
(0, eval)(fs.readFileSync(${JSON.stringify(files.code)}, "utf8"));
`;

async function run(test) {
  fs.rmSync(files.result, { force: true });
  fs.writeFileSync(files.code, script(test));
  fs.writeFileSync(files.main, program(test));
  const [name, ...args] = command.split(" ");
  const child = spawn(name, [...args, files.main], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (data) => { said = (said + data).slice(0, 2000); });
  const timer = setTimeout(() => child.kill("SIGKILL"), 1000 * (test.isLong ? SECONDS.long : SECONDS.normal));
  await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  if (!fs.existsSync(files.result)) return { passed: 0, failed: [{ name: "the whole file", message: said }] };
  return JSON.parse(fs.readFileSync(files.result, "utf8"));
}

const report = {};
for (const directory of directories) {
  let [passed, failed] = [0, 0];
  for (const test of tests(path.join(root, directory))) {
    const result = await run(test);
    report[path.relative(root, test.file) + test.variant] = result;
    passed += result.passed;
    failed += result.failed.length;
  }
  console.error(`${directory}: ${passed} of ${passed + failed}`);
}
console.log(JSON.stringify(report, undefined, 1));
fs.rmSync(scratch, { recursive: true });
