// A file by its handle, read and written at places.
import { open, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
const folder = await mkdtemp(join(tmpdir(), "handle-"));
const file = await open(join(folder, "f"), "w+");
await file.write("0123456789");
console.log((await file.write("abc", 2)).bytesWritten, (await file.write(Buffer.from("xyz"), 1, 2, 7)).bytesWritten);
const b = Buffer.alloc(5);
console.log(
  (await file.read(b, 0, 5, 0)).bytesRead,
  String(b),
  (await file.read(b, { position: 8 })).bytesRead,
  String(b.subarray(0, 2)),
);
console.log(await file.readFile("utf8"), (await file.stat()).size, (await file.stat()).isFile());
await file.truncate(4);
console.log((await file.stat()).size, (await file.read({ buffer: Buffer.alloc(9), position: 0 })).bytesRead);
await file.appendFile("!");
await file.datasync();
await file.close();
const again = await open(join(folder, "f"));
const lines = [];
for await (const line of again.readLines()) lines.push(line);
console.log(lines, again.fd);
await rm(folder, { recursive: true });
