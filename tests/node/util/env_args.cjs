// parseEnv and parseArgs as commands use them.
const { parseArgs, parseEnv } = require("util");
console.log(
  parseEnv(
    'NAME=value\nQUOTED="a b"\nSINGLE=\'c # d\'\n# comment\nEMPTY=\nexport EXPORTED=yes\nSPACED =  trimmed  \nMULTI="line1\nline2"\nLAST=end # tail',
  ),
);
const options = {
  verbose: { type: "boolean", short: "v" },
  output: { type: "string", short: "o", default: "out.txt" },
  include: { type: "string", multiple: true },
};
const run = (...args) => {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return JSON.stringify([values, positionals]);
  } catch (error) {
    return error.code;
  }
};
console.log(
  run("-v", "file"),
  run("--output=x", "--include", "a", "--include=b"),
  run("-vo", "y", "z"),
  run("--", "-v", "--nope"),
  run("--nope"),
  run("--output"),
  run("-x"),
  run("--verbose=yes"),
  run(),
);
const { tokens } = parseArgs({
  args: ["-v", "--output", "f", "pos", "--", "rest"],
  options,
  allowPositionals: true,
  tokens: true,
});
for (const { kind, name, value, index } of tokens) console.log(kind, name, value, index);
console.log(JSON.stringify(parseArgs({ args: ["--a", "1", "--b=2", "c"], strict: false })));
