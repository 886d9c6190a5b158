// What workers print, and read.
const { Worker } = require("node:worker_threads");
const { once } = require("node:events");
(async () => {
  const prints = new Worker("console.log('log %d', 5); process.stdout.write('written\\n'); console.error('error'); console.table && console.group('g'); console.log('inside')", { eval: true });
  await once(prints, "exit");
  const kept = new Worker("console.log('kept'); console.error('kept too'); process.stdout.write('end')", { eval: true, stdout: true, stderr: true });
  let [out, err] = ["", ""];
  kept.stdout.on("data", (part) => (out += part));
  kept.stderr.setEncoding("utf8").on("data", (part) => (err += part));
  await once(kept, "exit");
  await new Promise(setImmediate);
  console.log([out, err]);
  const reads = new Worker("let all = ''; process.stdin.setEncoding('utf8').on('data', (part) => (all += part)).on('end', () => require('node:worker_threads').parentPort.postMessage(all))", { eval: true, stdin: true });
  reads.stdin.write("some ");
  reads.stdin.end("input");
  console.log(await once(reads, "message"));
  await once(reads, "exit");
  const none = new Worker("process.stdin.on('data', () => {}).on('end', () => console.log('no input'))", { eval: true });
  console.log(none.stdin, typeof none.stdout.read, typeof none.stderr.pipe);
  await once(none, "exit");
  const last = new Worker("console.log('before exit'); process.exit(0)", { eval: true });
  await once(last, "exit");
  await once(new Worker("const fs = require('node:fs'); fs.writeSync(1, 'direct\\n')", { eval: true }), "exit");
  console.log("end");
})();
