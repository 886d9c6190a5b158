// Lines of streams: ends of all kinds, in pieces.
const readline = require("node:readline");
const { Readable, PassThrough } = require("node:stream");
const { once } = require("node:events");
async function lines(...pieces) {
  const found = [];
  for await (const line of readline.createInterface({ input: Readable.from(pieces) })) found.push(line);
  return found;
}
(async () => {
  console.log(await lines("one\ntwo\nthree"));
  console.log(await lines("one\r\ntw", "o\r", "\nthree\r\n\r\nfour"));
  console.log(await lines("", "a", "b\n", "\n\nc"));
  console.log(await lines(Buffer.from([0xe6, 0x97]), Buffer.from([0xa5, 0x0a]), "x"));
  console.log(await lines());
  const rl = readline.createInterface({ input: Readable.from(["first\nsecond\nthird\n"]) });
  rl.on("line", (line) => console.log("line", line));
  rl.on("close", () => console.log("close", rl.closed));
  await once(rl, "close");
  const input = new PassThrough();
  const slow = readline.createInterface({ input });
  const seen = [];
  slow.on("line", (line) => seen.push(line));
  slow.on("pause", () => seen.push("pause"));
  slow.on("resume", () => seen.push("resume"));
  input.write("a\nb\n");
  await new Promise((resolve) => setTimeout(resolve, 5));
  slow.pause();
  slow.resume();
  input.write("c\n");
  await new Promise((resolve) => setTimeout(resolve, 5));
  slow.close();
  input.write("d\n");
  console.log(seen.join());
  for await (const line of readline.createInterface({ input: Readable.from(["x\ny\nz\n"]) })) {
    console.log(line);
    if (line === "y") break;
  }
  try {
    slow.prompt();
  } catch (error) {
    console.log(error.code, error.message);
  }
  try {
    readline.createInterface({});
  } catch (error) {
    console.log(error.name);
  }
})();
