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
await tell("bad path", () => readFile(5));
await tell("access", () => access(at("none")));
await tell("iterables", async () => {
  await writeFile(
    at("g"),
    (async function* () {
      yield "a";
      yield "b";
    })(),
  );
  await appendFile(at("g"), "c", { encoding: "latin1" });
  return readFile(at("g"), "utf8");
});
await tell("write bad", () => writeFile(at("g"), 5));
await tell("aborted", () => readFile(at("g"), { signal: AbortSignal.abort() }));
await tell("aborted write", () => writeFile(at("g"), "x", { signal: AbortSignal.abort("w") }));
await rm(folder, { recursive: true });
