// Many writes at once and one after the other.
import fs from "node:fs";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
const folder = await mkdtemp(path.join(os.tmpdir(), "append-"));
const file = path.join(folder, "log");
for (let i = 0; i < 5; i++) await appendFile(file, `${i};`);
console.log(await readFile(file, "utf8"));
await Promise.all(Array.from({ length: 10 }, (_, i) => writeFile(path.join(folder, `f${i}`), "x".repeat(i))));
console.log(
  fs.readdirSync(folder).length,
  fs.readdirSync(folder).reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0),
);
const out = fs.createWriteStream(file, { flags: "a" });
for (const part of ["a", "b", "c"]) out.write(part);
await new Promise((done) => out.end("!", done));
console.log(await readFile(file, "latin1"), out.bytesWritten);
await rm(folder, { recursive: true });
console.log(fs.existsSync(folder));
