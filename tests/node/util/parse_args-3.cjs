// parseArgs: options, tokens, errors.
const { parseArgs } = require("util");
const { show } = require("../show.js");
const options = {
  flag: { type: "boolean", short: "f" },
  name: { type: "string", short: "n" },
  many: { type: "string", multiple: true, default: ["d"] },
  level: { type: "boolean", multiple: true, short: "l" },
};
const run = (args, more) => JSON.stringify(parseArgs({ args, options, ...more }));
show("bad type", () => parseArgs({ args: [], options: { a: { type: "number" } } }));
show("bad short", () => parseArgs({ args: [], options: { a: { type: "boolean", short: "ab" } } }));
show("bad default", () => parseArgs({ args: [], options: { a: { type: "string", default: true } } }));
show("bad args", () => parseArgs({ args: "x" }));
show("proto", () => run(["--__proto__=1"], { strict: false }));
show("none", () => JSON.stringify(parseArgs({ args: [] })));
