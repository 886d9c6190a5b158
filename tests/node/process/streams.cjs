// stdout and stderr as streams, stdin that is at its end.
const { spawnSync } = require("child_process");
const { show } = require("../show.js");
console.log(
  process.stdout.fd,
  process.stdout.writable,
  process.stdout.isTTY,
  process.stderr.fd,
  process.stdin.fd,
  process.stdin.readable,
);
process.stdout.write("text\n");
process.stdout.write(Buffer.from("bytes\n"));
process.stdout.write(new Uint8Array([104, 105, 10]));
process.stdout.write("6869\n".slice(0, 4), "hex", () => process.stdout.write("\ncallback\n"));
show("number", () => process.stdout.write(5));
show("null", () => process.stdout.write(null));
show("set", () => {
  process.stdout = 5;
  return typeof process.stdout;
});
process.stdin.on("data", () => console.log("never")).on("end", () => console.log("stdin ended"));
const run = (code, input) => {
  const r = spawnSync(process.execPath, [...(process.versions.bident ? ["eval"] : ["-e"]), code], {
    encoding: "utf8",
    input,
  });
  return JSON.stringify([r.status, r.stdout, r.stderr.length > 0]);
};
console.log(
  run(
    "process.stdin.setEncoding('utf8'); let t = ''; process.stdin.on('data', (d) => t += d).on('end', () => console.log(t.length, t.slice(0, 3)))",
    "é".repeat(70000),
  ),
);
console.log(
  run(
    "process.stdin.on('readable', () => { let c; while ((c = process.stdin.read(3)) !== null) console.log(String(c)) })",
    "abcdefg",
  ),
);
console.log(run("(async () => { for await (const c of process.stdin) console.log(c.length) })()", "xyz"));
console.log(run("console.log(require('fs').readFileSync(0, 'utf8'))", "from zero"));
