// `util.parseArgs`.
const { parseArgs } = require("node:util");
const show = (run) => {
  try {
    console.log(run());
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
};
const options = { flag: { type: "boolean", short: "f" }, name: { type: "string", short: "n" }, many: { type: "string", multiple: true, short: "m" }, count: { type: "string", default: "5" } };
show(() => parseArgs({ args: ["-f", "--name", "x", "--many=1", "-m", "2", "-m3"], options }));
show(() => parseArgs({ args: ["-fnx", "pos"], options, allowPositionals: true }));
show(() => parseArgs({ args: ["--name=a=b", "--", "--flag", "-f"], options, allowPositionals: true }));
show(() => parseArgs({ args: ["--no-flag", "--flag"], options, allowNegative: true }));
show(() => parseArgs({ args: ["--unknown"], options }));
show(() => parseArgs({ args: ["-x"], options }));
show(() => parseArgs({ args: ["--name"], options }));
show(() => parseArgs({ args: ["--flag=x"], options }));
show(() => parseArgs({ args: ["--name", "-f"], options }));
show(() => parseArgs({ args: ["pos"], options }));
show(() => parseArgs({ args: ["--unknown=1", "-z", "pos", "--name", "v"], options, strict: false }));
show(() => JSON.stringify(parseArgs({ args: ["-f", "--name=x", "--many", "y", "--", "z"], options, allowPositionals: true, tokens: true }).tokens));
show(() => parseArgs({ options: { a: { type: "wrong" } } }));
show(() => parseArgs({ options: { a: { type: "string", short: "ab" } } }));
show(() => parseArgs({ args: "x" }));
show(() => parseArgs({ args: [], options: { a: { type: "boolean", default: "x" } } }));
show(() => parseArgs({ args: [] }));
