// Moves of the cursor as bytes.
const readline = require("readline"),
  { PassThrough } = require("stream");
const { show } = require("../show.js");
const out = new PassThrough();
const sent = () => JSON.stringify(String(out.read() ?? ""));
show("to", () => [readline.cursorTo(out, 3), sent(), readline.cursorTo(out, 3, 4), sent()]);
show("move", () => [
  readline.moveCursor(out, 1, -2),
  sent(),
  readline.moveCursor(out, -1, 2),
  sent(),
  readline.moveCursor(out, 0, 0),
  sent(),
]);
show("clear", () => [-1, 0, 1].map((dir) => [readline.clearLine(out, dir), sent()][1]));
show("screen", () => [readline.clearScreenDown(out), sent()]);
readline.cursorTo(out, 1, 1, () => console.log("called back"));
show("bad", () => readline.cursorTo(out, "a", "b"));
show("NaN", () => readline.cursorTo(out, NaN));
show("callback", () => readline.cursorTo(out, 1, 2, 5));
show("none", () => readline.clearLine(null, 0));
show("only y", () => readline.cursorTo(out, undefined, 1));
