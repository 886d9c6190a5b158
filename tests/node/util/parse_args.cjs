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
show("long", () => run(["--flag", "--name=a", "--many", "x", "--many=y"]));
show("short", () => run(["-fnvalue", "-ll"]));
show("equals", () => run(["-n=v", "--name="]));
show("positionals", () => run(["a", "-f", "--", "-n", "b"], { allowPositionals: true }));
show("no positionals", () => run(["a"]));
show("unknown", () => run(["--nope"]));
show("unknown short", () => run(["-x"]));
