// Questions that are promises.
import { createInterface, Readline } from "node:readline/promises";
import { PassThrough } from "node:stream";
import shown from "../show.js";
const { wait } = shown;
const input = new PassThrough(),
  output = new PassThrough();
let written = "";
output.on("data", (part) => {
  written += part;
});
const asked = createInterface({ input, output });
setTimeout(() => input.write("first\n"), 5);
await wait("question", () => asked.question("one? "));
setTimeout(() => input.write("second\nthird\n"), 5);
await wait("another", () => asked.question("two? "));
const stop = new AbortController();
setTimeout(() => stop.abort(), 5);
await wait("aborted", () => asked.question("three? ", { signal: stop.signal }));
asked.close();
await wait("closed", () => asked.question("four? "));
console.log(JSON.stringify(written));
const screen = new PassThrough();
const lines = new Readline(screen).clearLine(0).cursorTo(1, 2).moveCursor(-1, 1).clearScreenDown();
await lines.commit();
console.log(JSON.stringify(String(screen.read())));
await wait("direction", () => new Readline(screen).clearLine("x"));
console.log(lines.rollback() === lines);
