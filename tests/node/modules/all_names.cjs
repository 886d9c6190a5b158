// All names of Node's modules, with what programs look for before they use any of it.
const { builtinModules, isBuiltin } = require("module");

const names = ["cluster", "dgram", "diagnostics_channel", "domain", "http2", "inspector", "inspector/promises", "repl", "trace_events", "node:sea", "node:sqlite", "node:test", "node:test/reporters"];
for (const name of names) console.log(name, builtinModules.includes(name), isBuiltin(name), isBuiltin(`node:${name.replace("node:", "")}`), typeof require(name), require(name) === require(`node:${name.replace("node:", "")}`));
console.log(isBuiltin("sea"), isBuiltin("test"), isBuiltin("node:nope"));
const { isPrimary, isWorker } = require("cluster");
const { constants } = require("http2");
console.log(isPrimary, isWorker, constants.HTTP2_HEADER_STATUS, constants.HTTP2_HEADER_CONTENT_TYPE, constants.HTTP2_METHOD_GET, constants.NGHTTP2_CANCEL, constants.HTTP_STATUS_NOT_FOUND, constants.HTTP_STATUS_IM_A_TEAPOT ?? constants.HTTP_STATUS_TEAPOT);
console.log(require("node:sea").isSea(), require("inspector").url(), require("domain").active ?? null);
for (const name of ["sea", "test", "sqlite"]) {
  try {
    require(name);
  } catch (error) {
    console.log(error.code);
  }
}
import("node:http2").then((module) => console.log(typeof module.connect, typeof module.default.createServer));
