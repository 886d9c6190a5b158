// The functions with callbacks: results, errors, missing callbacks, order.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const { show } = require("../show.js");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cb-")),
  at = (n) => path.join(folder, n),
  clean = (e) => e && [e.code, e.message.replaceAll(folder, "TMP")];
const call = (name, f, ...args) =>
  new Promise((done) => {
    let sync = true;
    f(...args, (error, ...rest) => {
      console.log(
        name,
        sync,
        clean(error),
        rest.map((x) =>
          x?.constructor?.name === "Stats" ? x.size : typeof x === "string" ? x.replaceAll(folder, "TMP") : x,
        ),
      );
      done(rest[0]);
    });
    sync = false;
  });
(async () => {
  await call("write", fs.writeFile, at("f"), "text");
  await call("read", fs.readFile, at("f"));
  await call("read text", fs.readFile, at("f"), "utf8");
  await call("read options", fs.readFile, at("f"), { encoding: "hex", flag: "r" });
  await call("append", fs.appendFile, at("f"), "!");
  await call("stat", fs.stat, at("f"));
  await call("missing", fs.readFile, at("none"));
  await call("exists", (p, done) => fs.exists(p, (x) => done(null, x)), at("f"));
  await call("access", fs.access, at("f"));
  await call("access mode", fs.access, at("f"), fs.constants.X_OK | 0);
  await call("copy", fs.copyFile, at("f"), at("g"));
  await call("rename", fs.rename, at("g"), at("h"));
  await call("mkdir", fs.mkdir, at("d/e"), { recursive: true })
    .then((p) => console.log(p.replace(folder, "TMP") === "TMP/d" ? "first" : p))
    .catch((e) => console.log(e.message));
  await call("readdir", fs.readdir, folder);
  await call("link", fs.link, at("f"), at("l"));
  await call("symlink", fs.symlink, "f", at("s"));
  await call("readlink", fs.readlink, at("s"));
  await call("unlink", fs.unlink, at("s"));
  await call("rmdir", fs.rmdir, at("d"));
  await call("rm", fs.rm, at("d"), { recursive: true });
  await call("truncate", fs.truncate, at("f"), 2);
  await call("chmod", fs.chmod, at("f"), 0o644);
  await call("utimes", fs.utimes, at("f"), 1, 1);
  await call("lstat", fs.lstat, at("none"));
  const fd = await call(
    "open",
    (p, done) => fs.open(p, "r+", (e, fd) => done(e, typeof fd === "number" ? "fd" : fd)),
    at("f"),
  );
  console.log(fd);
  const n = fs.openSync(at("f"), "r+");
  await call("write fd", fs.write, n, "zz", 0);
  await call("read fd", fs.read, n, Buffer.alloc(3), 0, 3, 0);
  await call("read opts", fs.read, n, { position: 1, buffer: Buffer.alloc(1) });
  await call("fstat", fs.fstat, n);
  await call("fsync", fs.fsync, n);
  await call("close", fs.close, n);
  await call("closed", fs.close, n);
  show("no callback", () => fs.readFile(at("f")));
  show("bad callback", () => fs.stat(at("f"), 5));
  show("bad path", () => fs.readFile({}, () => {}));
  show("bad fd", () => fs.fstat("x", () => {}));
  show("open one", () => fs.open());
  fs.rmSync(folder, { recursive: true });
})();
