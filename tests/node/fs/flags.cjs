// Flags, modes, encodings and options of files that are read and written.
const fs = require("fs"),
  os = require("os"),
  path = require("path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "flags-")),
  at = (n) => path.join(folder, n);
const tell = (name, make) => {
  try {
    console.log(name, make());
  } catch (e) {
    console.log(name, e.name, e.code, e.message?.replaceAll(folder, "TMP"));
  }
};
tell("w", () => fs.writeFileSync(at("a"), "one"));
tell("wx", () => fs.writeFileSync(at("a"), "two", { flag: "wx" }));
tell("a", () => {
  fs.writeFileSync(at("a"), "+", { flag: "a" });
  return fs.readFileSync(at("a"), "latin1");
});
tell("r+", () => {
  fs.writeFileSync(at("a"), "X", { flag: "r+" });
  return String(fs.readFileSync(at("a")));
});
tell("append", () => {
  fs.appendFileSync(at("a"), Buffer.from("!"));
  fs.appendFileSync(at("new"), "n", undefined);
  return [fs.readFileSync(at("a"), "utf8"), fs.readFileSync(at("new"), "utf8")];
});
tell("bad flag", () => fs.openSync(at("a"), "q"));
tell("null flag", () => fs.closeSync(fs.openSync(at("a"), null)));
tell("undefined", () => fs.closeSync(fs.openSync(at("a"), undefined, undefined)));
tell("number flag", () => fs.closeSync(fs.openSync(at("n2"), fs.constants.O_CREAT | fs.constants.O_WRONLY, 0o600)));
tell("mode", () => (fs.statSync(at("n2")).mode & 0o777).toString(8));
tell("bad mode", () => fs.openSync(at("a"), "w", "zz"));
tell("mode range", () => fs.chmodSync(at("a"), 2 ** 33));
tell("mode text", () => {
  fs.chmodSync(at("a"), "640");
  return (fs.statSync(at("a")).mode & 0o777).toString(8);
});
tell("encodings", () => ["hex", "base64", "ucs2", "ascii", "binary"].map((e) => fs.readFileSync(at("a"), e)));
tell("bad encoding", () => fs.readFileSync(at("a"), "nope"));
tell("bad encoding option", () => fs.readFileSync(at("a"), { encoding: "nope" }));
tell("options number", () => fs.readFileSync(at("a"), 5));
tell("options null", () => fs.readFileSync(at("a"), null).length);
tell("encoding null", () => fs.readFileSync(at("a"), { encoding: null, flag: undefined }).length);
for (const data of [5, null, undefined, {}, ["x"], true]) tell("data", () => fs.writeFileSync(at("d"), data));
tell("view", () => {
  fs.writeFileSync(at("v"), new DataView(Buffer.from("abcdef").buffer.slice(0, 0)));
  fs.writeFileSync(at("w"), new Uint16Array([0x4142]).subarray(0));
  fs.writeFileSync(at("hex"), "414243", "hex");
  return [fs.statSync(at("v")).size, fs.readFileSync(at("w"), "utf8"), fs.readFileSync(at("hex"), "utf8")];
});
tell("surrogate", () => {
  fs.writeFileSync(at("s"), "a\ud800");
  return fs.readFileSync(at("s"));
});
tell("flush", () => fs.writeFileSync(at("f"), "x", { flush: true }));
tell("flush bad", () => fs.writeFileSync(at("f"), "x", { flush: 5 }));
tell("truncate", () => {
  fs.truncateSync(at("a"), 2);
  const t = fs.readFileSync(at("a"), "utf8");
  fs.truncateSync(at("a"));
  return [t, fs.statSync(at("a")).size];
});
tell("truncate up", () => {
  fs.truncateSync(at("a"), 3);
  return fs.readFileSync(at("a"));
});
tell("truncate bad", () => fs.truncateSync(at("a"), "x"));
tell("times", () => {
  fs.utimesSync(at("a"), 1, new Date(2500));
  const s = fs.statSync(at("a"));
  return [s.atimeMs, s.mtimeMs, s.mtime.toISOString(), fs.statSync(at("a"), { bigint: true }).mtimeNs];
});
tell("times bad", () => fs.utimesSync(at("a"), "x", 1));
fs.rmSync(folder, { recursive: true });
