// Lines of a file and of a text.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { Readable } from "node:stream";
const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "lines-")), "f.txt");
fs.writeFileSync(file, "first\nsecond é\n\nlast without end");
let count = 0;
for await (const line of readline.createInterface({ input: fs.createReadStream(file), crlfDelay: Infinity }))
  console.log(++count, JSON.stringify(line));
const words = new Map();
for await (const line of readline.createInterface({ input: Readable.from("a b a\nb a\n") }))
  for (const word of line.split(" ")) words.set(word, (words.get(word) ?? 0) + 1);
console.log(words);
const stopped = readline.createInterface({ input: fs.createReadStream(file) });
for await (const line of stopped) {
  console.log("only", line);
  break;
}
fs.rmSync(path.dirname(file), { recursive: true });
