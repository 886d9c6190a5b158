// All of the output at the end.
const { exec, execFile } = require("node:child_process");
const { promisify } = require("node:util");
const show = (title) => (error, stdout, stderr) => console.log(title, error && [error.message, error.code, error.killed, error.signal, error.cmd], JSON.stringify(stdout), JSON.stringify(stderr));
const wait = (run) => new Promise((resolve) => run((...args) => resolve(args)));
(async () => {
  show("exec")(...(await wait((done) => exec("echo hi; echo there >&2", done))));
  show("status")(...(await wait((done) => exec("echo partial; exit 5", done))));
  show("file")(...(await wait((done) => execFile("printf", ["%s-%s", "a b", "c"], done))));
  show("signal")(...(await wait((done) => exec("kill -9 $$", done))));
  show("timeout")(...(await wait((done) => execFile("sleep", ["60"], { timeout: 20 }, done))));
  const [error, stdout] = await wait((done) => exec("head -c 5000 /dev/zero", { maxBuffer: 100 }, done));
  console.log(error.code, error.message, stdout.length);
  const [, buffer] = await wait((done) => exec("echo bytes", { encoding: "buffer" }, done));
  console.log(buffer);
  const [none] = await wait((done) => execFile("no-such-program", done));
  console.log(none.code, none.syscall, none.path, none.cmd, none.message);
  const { stdout: out, stderr: err } = await promisify(exec)("echo promised");
  console.log(JSON.stringify([out, err]));
  await promisify(execFile)("sh", ["-c", "echo x; exit 2"]).catch((failure) => console.log(failure.code, failure.stdout, failure.message));
  const [, withInput] = await wait((done) => { exec("cat", done).stdin.end("given"); });
  console.log(withInput);
})();
