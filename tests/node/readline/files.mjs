// Lines of files, from both ends of the interface.
import { createInterface } from "node:readline";
import { createInterface as later } from "node:readline/promises";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { once } from "node:events";
const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "lines-")), "file");
fs.writeFileSync(file, Array.from({ length: 3000 }, (_, i) => `line ${i} ${"x".repeat(i % 50)}`).join("\n"));
let [count, length] = [0, 0];
for await (const line of createInterface({ input: fs.createReadStream(file), crlfDelay: Infinity })) {
  count++;
  length += line.length;
}
console.log(count, length);
const rl = later({ input: fs.createReadStream(file, { highWaterMark: 7 }) });
const first = [];
rl.on("line", (line) => { if (first.length < 3) first.push(line); });
await once(rl, "close");
console.log(first);
const { input } = createInterface({ input: fs.createReadStream(file) });
console.log(input.path === file);
input.destroy();
const missing = createInterface({ input: fs.createReadStream(`${file}-missing`).on("error", (error) => console.log("input", error.code)) });
missing.on("error", (error) => console.log("error", error.code));
missing.on("line", () => console.log("no"));
await new Promise((resolve) => missing.input.once("close", resolve));
