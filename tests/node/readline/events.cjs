// Lines however they end, prompts, closing, history, keys.
const readline = require("readline"),
  { PassThrough, Readable } = require("stream");
const { show } = require("../show.js");
const lines = (parts, options) =>
  new Promise((done) => {
    const got = [];
    const r = readline.createInterface({ input: Readable.from(parts.map((part) => Buffer.from(part))), ...options });
    r.on("line", (line) => got.push(line)).on("close", () => done(got));
  });
(async () => {
  console.log(await lines(["a\nb\r\nc\rd"]));
  console.log(await lines(["a\r", "\nb"], { crlfDelay: Infinity }));
  console.log(await lines(["\n\n", "last"]));
  console.log(await lines(["é\u2028x\u2029y\n"]));
  console.log(await lines([Buffer.from([0xe2, 0x82]), Buffer.from([0xac, 10])]));
  console.log(await lines([]));
  const input = new PassThrough(),
    output = new PassThrough();
  let written = "";
  output.on("data", (part) => {
    written += part;
  });
  const r = readline.createInterface({ input, output, prompt: "? ", terminal: false });
  r.prompt();
  r.question("name: ", (answer) => {
    console.log("answer", answer);
    r.setPrompt("$ ");
    console.log(r.getPrompt());
    r.write("ignored");
    r.close();
  });
  input.write("somebody\n");
  await new Promise((done) => r.on("close", done));
  console.log(JSON.stringify(written), r.closed, r.terminal);
  show("question after", () => r.question("x", () => {}));
  show("prompt after", () => r.prompt());
  const s = readline.createInterface({ input: Readable.from(["1\n2\n3\n"]) });
  s.once("line", (line) => {
    console.log("once", line);
    s.pause();
    setTimeout(() => {
      s.on("line", (rest) => console.log("rest", rest));
      s.resume();
    }, 5);
  });
  s.on("pause", () => console.log("pause")).on("resume", () => console.log("resume"));
  await new Promise((done) => s.on("close", done));
  const all = [];
  for await (const line of readline.createInterface({ input: Readable.from(["x\ny\n"]) })) all.push(line);
  console.log(all);
  const stop = new AbortController();
  const t = readline.createInterface({ input: new PassThrough(), signal: stop.signal });
  t.on("close", () => console.log("aborted"));
  stop.abort();
  show("bad", () => readline.createInterface({ input: Readable.from([]), completer: 5 }));
  show("bad input", () => readline.createInterface());
  show("history", () => readline.createInterface({ input: Readable.from([]), historySize: -1 }));
})();
