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
await tell("using", async () => {
  let kept;
  {
    await using u = await open(at("g"));
    kept = u;
  }
  return kept.fd;
});
await tell("handle", async () => {
  const u = await open(at("g"));
  const is = [u.constructor.name, await readFile(u, "utf8")];
  u.on("close", () => console.log("closed event"));
  await u.close();
  return is;
});
await tell("names", async () => [
  (await readdir(folder)).sort(),
  (await readdir(folder, { withFileTypes: true }))[0].isFile(),
  fs.constants.R_OK,
  (await stat(folder)).isDirectory(),
]);
await rm(folder, { recursive: true });
await tell("gone", () => stat(folder));
