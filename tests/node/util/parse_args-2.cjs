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
show("not strict", () => run(["--nope=1", "-x", "--name"], { strict: false }));
show("missing", () => run(["--name"]));
show("ambiguous", () => run(["--name", "--flag"]));
show("not taking", () => run(["--flag=1"]));
show("negative", () => run(["--no-flag", "--no-level"], { allowNegative: true }));
show("negative string", () => run(["--no-name"], { allowNegative: true }));
show("tokens", () => run(["-f", "--name=x", "--", "y"], { tokens: true, allowPositionals: true }));
