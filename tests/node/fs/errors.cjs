// Errors of `node:fs`, as they are told.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
process.chdir(fs.mkdtempSync(path.join(os.tmpdir(), "errors-")));
const show = (run) => {
  try {
    console.log("no error", run());
  } catch (error) {
    console.log(...[error.name, error.code, error.syscall, error.errno, error.path, error.dest, error.message].map((part) => (typeof part === "string" ? part.replaceAll(process.cwd(), "CWD") : part)));
  }
};
fs.writeFileSync("file", "text");
fs.mkdirSync("folder");
fs.writeFileSync("folder/inner", "x");
show(() => fs.readFileSync("missing"));
show(() => fs.readFileSync("folder"));
show(() => fs.readFileSync("file/inner"));
show(() => fs.writeFileSync("missing/file", "x"));
show(() => fs.statSync("missing"));
show(() => fs.lstatSync("missing"));
show(() => fs.mkdirSync("folder"));
show(() => fs.mkdirSync("a/b"));
show(() => fs.rmdirSync("folder"));
show(() => fs.rmdirSync("file"));
show(() => fs.unlinkSync("missing"));
show(() => fs.readdirSync("missing"));
show(() => fs.readdirSync("file"));
show(() => fs.renameSync("missing", "other"));
show(() => fs.copyFileSync("missing", "other"));
show(() => fs.copyFileSync("file", "file2", fs.constants.COPYFILE_EXCL));
show(() => fs.copyFileSync("file", "file2", fs.constants.COPYFILE_EXCL));
show(() => fs.linkSync("missing", "l"));
show(() => fs.readlinkSync("file"));
show(() => fs.symlinkSync("x", "file"));
show(() => fs.realpathSync("missing"));
show(() => fs.openSync("missing", "r"));
show(() => fs.openSync("file", "wx"));
show(() => fs.accessSync("missing"));
show(() => fs.truncateSync("missing"));
show(() => fs.rmSync("missing"));
show(() => fs.rmSync("folder"));
show(() => fs.rmSync("missing", { force: true }));
show(() => fs.closeSync(9999));
show(() => fs.readSync(9999, Buffer.alloc(1)));
show(() => fs.readFileSync(5.5));
show(() => fs.openSync("file", "nope"));
show(() => fs.readFileSync());
show(() => fs.writeFileSync("file"));
show(() => fs.readFileSync("file", "nope"));
show(() => fs.existsSync());
show(() => fs.readFile("file"));
show(() => fs.statSync("missing", { throwIfNoEntry: false }));
show(() => fs.opendirSync("missing"));
