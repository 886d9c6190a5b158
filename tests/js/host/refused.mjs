// What this host refuses, so that nobody goes without what he asked for and does not know it.
import { test, run, same, throws } from "../harness.mjs";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";
import vm from "node:vm";
import zlib from "node:zlib";
import { createRequire } from "node:module";

const { cert, key } = createRequire(import.meta.url)("../../node/https/pair.js");
const codeOf = (make) => {
  try {
    make().on("error", () => {}).destroy?.();
  } catch (error) {
    return error.code ?? error.name;
  }
  return undefined;
};

test("TLS on a path", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bident-refused-"));
  const place = path.join(folder, "socket");
  throws(TypeError, () => tls.createServer({ cert, key }).listen(place));
  same(fs.existsSync(place), false);
  let came = 0;
  const server = net.createServer((socket) => {
    came += 1;
    socket.destroy();
  });
  await new Promise((done) => server.listen(place, done));
  const failed = await new Promise((done) => {
    try {
      tls.connect({ path: place }).on("error", done).on("secureConnect", () => done(undefined)).write("secret");
    } catch (error) {
      done(error);
    }
  });
  same(failed instanceof TypeError, true);
  await new Promise((done) => setTimeout(done, 20));
  same(came, 0);
  await new Promise((done) => server.close(done));
  fs.rmSync(folder, { recursive: true });
});

test("options of TLS that are not there", () => {
  const absent = "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM";
  const options = { checkServerIdentity: () => new Error("pinned"), minVersion: "TLSv1.3", maxVersion: "TLSv1.2", ciphers: "AES128-SHA", crl: "", pfx: "" };
  for (const [name, value] of Object.entries(options)) {
    same(codeOf(() => tls.connect({ port: 1, host: "127.0.0.1", [name]: value })), absent);
    same(codeOf(() => tls.connect({ port: 1, host: "127.0.0.1", secureContext: tls.createSecureContext({ [name]: value }) })), absent);
    same(codeOf(() => tls.createServer({ cert, key, [name]: value })), absent);
  }
  same(codeOf(() => tls.createServer({ cert, key, requestCert: true })), absent);
  same(codeOf(() => tls.createServer({ cert, key, requestCert: false, minVersion: "TLSv1.2", maxVersion: "TLSv1.3" })), undefined);
  same(codeOf(() => tls.connect({ port: 1, host: "127.0.0.1", minVersion: undefined, checkServerIdentity: tls.checkServerIdentity })), undefined);
});

test("Brotli's windows beyond the standard's", () => {
  let code;
  try {
    zlib.brotliDecompressSync(Buffer.from([0x11, 0x1e, 0x03]));
  } catch (error) {
    code = error.code;
  }
  same(code, "ERR_BROTLI_DECOMPRESSION_FAILED");
});

test("scripts of the host's own", async () => {
  const refused = (promise) => promise.then(() => undefined, (error) => error.name);
  same(await refused(import("node:net_natives")), "Error");
  same(typeof await refused(vm.runInThisContext('import("node:net_natives")', { filename: "host:x" })), "string");
});

test("functions of those who called", () => {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (error, sites) => sites;
  const sites = [1].map(() => new Error("q").stack)[0];
  Error.prepareStackTrace = prepareStackTrace;
  same(sites.length > 1, true);
  same(sites.some((site) => site.getFunction() !== undefined), false);
});

await run();
