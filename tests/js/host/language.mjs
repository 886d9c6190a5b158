import { test, run, same, list, holds, throws, rejects } from "../harness.mjs";
import data from "./modules/data.json" with { type: "json" };
import { mkdtempSync, promises, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "node:url";

test("import attributes", async () => {
  const again = await import("./modules/data.json", { with: { type: "json" } },);
  same(again.default, data);
  const code = async (promise, pattern) => (await rejects(TypeError, promise, pattern)).code;
  same(await code(import("./modules/data.json",), /needs an import attribute/), "ERR_IMPORT_ATTRIBUTE_MISSING");
  same(await code(import("./modules/own.mjs", { with: { type: "json" } }), /own\.mjs.*json/), "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE");
  same(await code(import("node:fs", { with: { type: "json" } }), /fs/), "ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE");
  same(await code(import("./modules/data.json", { with: { type: "css" } }), /css/), "ERR_IMPORT_ATTRIBUTE_UNSUPPORTED");
  same(await code(import("./modules/data.json", { with: { what: "json" } }), /what/), "ERR_IMPORT_ATTRIBUTE_UNSUPPORTED");
});

test("BigInt.asUintN of 64 bits", () => {
  same(BigInt.asUintN(64, -1n), 18446744073709551615n);
  same(BigInt.asUintN(64, -(2n ** 63n)), 2n ** 63n);
  same(BigInt.asIntN(64, 2n ** 64n - 1n), -1n);
  // How generated code reads an unsigned result.
  const module = new WebAssembly.Module(wat('(module (func (export "f") (param i64) (result i64) (local.get 0)))'));
  const { f } = new WebAssembly.Instance(module).exports;
  same(BigInt.asUintN(64, f(2n ** 64n - 1n)), 18446744073709551615n);
  same(BigInt.asUintN(64, f(2n ** 63n)), 9223372036854775808n);
});

test("for await calls return only when it is left early", async () => {
  const iterate = (log, count) => ({
    [Symbol.asyncIterator]() { return this; },
    async next() { return { done: count === 0, value: count-- }; },
    async return() { log.push("return"); return {}; },
  });
  const whole = [];
  for await (const value of iterate(whole, 2)) whole.push(value);
  list(whole, [2, 1]);
  const left = [];
  for await (const value of iterate(left, 2)) {
    left.push(value);
    break;
  }
  list(left, [2, "return"]);
});

test("the place of a syntax error", async () => {
  const error = await rejects(SyntaxError, import("./modules/broken.mjs"));
  same(/broken\.mjs:(\d+:\d+)/.exec(error.stack)?.[1], "2:14");
});

test("a stack that a program sets", () => {
  for (const stack of ["mine", undefined, 1]) {
    const error = new TypeError("bad");
    holds(error.stack.includes("language.mjs"));
    error.stack = stack;
    same(error.stack, stack);
    list(Object.keys(error), []);
  }
});

test("regular expressions", () => {
  same(/(?i:a)b/.test("Ab"), true);
  same(/(?i:a)b/.test("AB"), false);
  list("aé1".match(/[\p{L}--[a-z]]/gv), ["é"]);
  list("x👍🏽y".match(/\p{RGI_Emoji}/v), ["👍🏽"]);
});

test("URLs and their parameters", () => {
  const url = new URL("http://u:p@h.example:8080/a?b=1#c");
  const { searchParams } = url;
  searchParams.append("d", "é &");
  same(url.href, "http://u:p@h.example:8080/a?b=1&d=%C3%A9+%26#c");
  url.search = "?x=1&x=2&y";
  list([...searchParams].flat(), ["x", "1", "x", "2", "y", ""]);
  searchParams.set("x", 3);
  same(url.search, "?x=3&y=");
  searchParams.delete("x", "3");
  searchParams.delete("y");
  same(url.href, "http://u:p@h.example:8080/a#c");
  url.hostname = "other:1";
  url.port = "";
  same(url.host, "h.example");
  throws(TypeError, () => { url.href = "nonsense"; });
  same(URL.canParse("x", "http://h"), true);
  same(URL.parse("x"), null);
  same(format(url, { auth: false, fragment: false }), "http://h.example/a");
  list(new URLSearchParams([["b", "1"], ["a", "2"]]).getAll("a"), ["2"]);
  same(`${new URLSearchParams("?a=%ff&b")}`, "a=%EF%BF%BD&b=");
});

test("parameters cost what they are", () => {
  const time = (count) => {
    const start = performance.now();
    const params = new URLSearchParams();
    for (let i = 0; i < count; i++) params.append(`key${i}`, "value");
    return performance.now() - start;
  };
  // A machine that is busy makes some rounds slow, a cost that grows with the square all.
  let [few, many, ratio] = [Infinity, Infinity, Infinity];
  for (let round = 0; round < 10 && !(ratio < 64); round++) {
    few = Math.min(few, time(500), time(500));
    many = Math.min(many, time(8000));
    ratio = many / few;
  }
  holds(ratio < 64, `16 times the parameters take ${ratio} times as long: not 64 or more`);
});

test("views that follow the length of their buffer", () => {
  const buffer = new ArrayBuffer(4, { maxByteLength: 8 });
  const view = new Uint8Array(buffer, 1);
  new Uint8Array(buffer).set([65, 66, 67, 68]);
  buffer.resize(6);
  new Uint8Array(buffer).set([69, 70], 4);
  same(new TextDecoder().decode(view), "BCDEF");
  buffer.resize(2);
  same(new TextDecoder().decode(view), "B");
  buffer.resize(0);
  same(new TextDecoder().decode(view), "");
});

test("encodings of text", () => {
  list([...Buffer.from("aé", "utf16le")], [97, 0, 233, 0]);
  same(Buffer.from([97, 0, 233, 0]).toString("ucs2"), "aé");
  same(Buffer.from("_-8", "base64").toString("hex"), "ffef");
  throws(TypeError, () => Buffer.from("a", "nothing"));
  list([Buffer.isEncoding("UTF-8"), Buffer.isEncoding("nothing"), Buffer.isBuffer(new Uint8Array(1))], [true, false, false]);
  same(atob(btoa("\xff")), "\xff");
  const target = new Uint8Array(4);
  const { read, written } = new TextEncoder().encodeInto("a€€", target);
  list([read, written, ...target], [2, 4, 97, 226, 130, 172]);
  list(Object.values(new TextEncoder().encodeInto("a👍", new Uint8Array(2))), [1, 1]);
  const stream = new TextDecoder("utf-16le");
  same(stream.decode(new Uint8Array([0xff, 0xfe, 0x61]), { stream: true }) + stream.decode(new Uint8Array([0])), "a");
});

test("blobs", async () => {
  const blob = new Blob(["a€", new Uint8Array([98]), new Blob(["c"])], { type: "Text/Plain" });
  list([blob.size, blob.type, await blob.text()], [6, "text/plain", "a€bc"]);
  same(await blob.slice(-2).text(), "bc");
  const file = new File([blob], "f", { lastModified: 5 });
  list([file instanceof Blob, file.name, file.lastModified, (await file.bytes()).length], [true, "f", 5, 6]);
});

test("paths", () => {
  list([path.basename("/a/b.txt", ".txt"), path.extname("a.b/c"), path.extname(".x"), path.dirname("/a"), path.dirname("a"), path.dirname("a//b/"), path.basename("a", "a")], ["b", "", "", "/", ".", "a/", ""]);
  list([path.normalize("./a//../../b/"), path.relative("/a/b/c", "/a/d"), path.join(), path.isAbsolute("/")], ["../b/", "../../d", ".", true]);
  same(JSON.stringify(path.parse("/x/y.tar.gz")), '{"root":"/","dir":"/x","base":"y.tar.gz","ext":".gz","name":"y.tar"}');
  same(path.format({ dir: "/x", name: "y", ext: "z" }), "/x/y.z");
});

test("files", async () => {
  const folder = mkdtempSync("/tmp/bident-files-");
  const file = path.join(folder, "a");
  try {
    writeFileSync(file, "hello");
    const handle = await promises.open(file, "r+");
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(8), 1, 3, 1);
    list([bytesRead, buffer.toString("latin1")], [3, "\0ell\0\0\0\0"]);
    same((await handle.write("J", 0)).bytesWritten, 1);
    await handle.truncate(2 ** 31);
    same((await rejects(Error, handle.readFile())).code, "EFBIG");
    throws(Error, () => readFileSync(file), /^EFBIG: file too large, open '/);
    await handle.truncate(5);
    await handle.close();
    same((await rejects(Error, handle.stat(), /^file closed$/)).code, "EBADF");
    same(readFileSync(file, { encoding: "utf8" }), "Jello");
    await promises.mkdir(path.join(folder, "b", "c"), { recursive: true });
    await promises.symlink("a", path.join(folder, "b", "l"));
    list(readdirSync(folder, { recursive: true }), ["a", "b", "b/c", "b/l"]);
    const [a, b] = await promises.readdir(folder, { withFileTypes: true });
    list([a.name, a.isFile(), b.isDirectory(), b.parentPath], ["a", true, true, folder]);
    list([statSync(file).size, statSync(file).isFile(), statSync(file).mtime instanceof Date], [5, true, true]);
    await promises.rm(path.join(folder, "none"), { force: true });
    same((await rejects(Error, promises.access(path.join(folder, "none")))).code, "ENOENT");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

await run();
