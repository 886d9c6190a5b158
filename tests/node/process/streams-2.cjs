// stdout and stderr as streams, stdin that is at its end.
const { spawnSync } = require("child_process");
const { show } = require("../show.js");
process.stdout.write("text\n");
process.stdout.write(Buffer.from("bytes\n"));
process.stdout.write(new Uint8Array([104, 105, 10]));
process.stdout.write("6869\n".slice(0, 4), "hex", () => process.stdout.write("\ncallback\n"));
process.stdin.on("data", () => console.log("never")).on("end", () => console.log("stdin ended"));
const run = (code, input) => {
  const r = spawnSync(process.execPath, [...(process.versions.bident ? ["eval"] : ["-e"]), code], {
    encoding: "utf8",
    input,
  });
  return JSON.stringify([r.status, r.stdout, r.stderr.length > 0]);
};
console.log(run("process.stdout.end('bye'); process.stdout.on('finish', () => console.error('finished'))"));
console.log(run("process.stdout.write('x'.repeat(200000)); process.exit(3)").length);
console.log(
  run("process.stdout.on('error', (e) => console.error(e.code)); process.stdout.destroy(); console.log('gone')"),
);
console.log(run("process.stdin.resume(); setTimeout(() => process.stdin.pause(), 10)", ""));
console.log(run("process.stdin.once('data', (d) => { console.log(String(d)); process.stdin.destroy() })", "one"));
console.log(run("process.stdin.pipe(process.stdout)", "piped"));
console.log(run("process.stderr.write('e'); process.stdout.write('o', () => process.exit())"));
