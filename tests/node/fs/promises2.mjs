// fs/promises and file handles.
import fs, { open, readFile, writeFile, appendFile, mkdtemp, rm, stat, access, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
const folder = await mkdtemp(join(tmpdir(), "promised-")),
  at = (n) => join(folder, n);
const tell = async (name, make) => {
  try {
    console.log(name, await make());
  } catch (e) {
    console.log(name, e.name, e.code, e.syscall, e.message?.replaceAll(folder, "TMP"));
  }
};
const h = await open(at("f"), "w+");
await tell("write", async () =>
  [
    await h.write("hello "),
    (await h.write(Buffer.from("world"), 1, 3)).bytesWritten,
    (await h.write("X", 0)).bytesWritten,
    await h.writeFile("!"),
    await h.appendFile("?"),
  ].slice(1),
);
await tell("read", async () => {
  const { bytesRead, buffer } = await h.read({ buffer: Buffer.alloc(4), position: 0 });
  return [bytesRead, String(buffer), await h.readFile("utf8"), (await h.read(Buffer.alloc(2), 0, 2, 100)).bytesRead];
});
await tell("stat", async () => [
  (await h.stat()).size,
  await h.truncate(5),
  (await h.stat({ bigint: true })).size,
  await h.sync(),
  await h.datasync(),
  await h.chmod(0o600),
  await h.utimes(1, 2),
]);
await tell("vectors", async () => [
  (await h.writev([Buffer.from("a"), Buffer.from("b")], 0)).bytesWritten,
  (await h.readv([Buffer.alloc(2)], 0)).bytesRead,
]);
await tell("lines", async () => {
  await h.truncate(0);
  await h.write("l1\nl2\n\nl4", 0);
  const lines = [];
  for await (const line of (await open(at("f"))).readLines()) lines.push(line);
  return lines;
});
await tell("streams", async () => {
  let t = "";
  const r = await open(at("f"));
  for await (const c of r.createReadStream({ encoding: "utf8", start: 1, end: 3 })) t += c;
  return [t, r.fd];
});
await rm(folder, { recursive: true });
