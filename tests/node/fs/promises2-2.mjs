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
await tell("web", async () => {
  const r = await open(at("f"));
  let n = 0;
  for await (const c of r.readableWebStream()) n += c.byteLength;
  await r.close();
  return n;
});
await tell("fd", async () => [typeof h.fd, await h.close(), h.fd, await h.close()]);
await tell("closed", () => h.read());
await tell("closed stat", () => h.stat());
await tell("missing", () => readFile(at("none")));
await tell("missing open", () => open(at("none")));
await rm(folder, { recursive: true });
