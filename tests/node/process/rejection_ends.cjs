// How a rejection ends a process, by what it carries.
const { spawnSync } = require("child_process");
const run = (code) => {
  const r = spawnSync(process.execPath, [...(process.versions.bident ? ["eval"] : ["-e"]), code], { encoding: "utf8" });
  return [r.status, r.stdout.trim().replace(/\n/g, ";"), r.stderr.length > 0].join(" ");
};
for (const code of [
  "Promise.reject(new Error('error text'))",
  "Promise.reject('plain text'); setTimeout(() => console.log(1))",
  "process.on('uncaughtException', (e, o) => console.log(e.message, o)); Promise.reject(new Error('heard'))",
  "process.on('uncaughtException', (e, o) => console.log(e.code, o)); Promise.reject('no error')",
  "process.on('exit', (c) => console.log('exit', c)); throw new Error('thrown')",
  "process.on('uncaughtException', () => { throw new Error('second') }); throw new Error('first')",
  "process.on('unhandledRejection', () => { throw new Error('from handler') }); Promise.reject(1)",
  "process.on('uncaughtExceptionMonitor', (e, o) => console.log(e.message, o)); throw new Error('monitored')",
  "process.setUncaughtExceptionCaptureCallback((e) => console.log('captured', e.message)); throw new Error('cap')",
  "throw 'thrown text'",
  "throw { message: 'object' , name: 'N' }",
  "setTimeout(() => { throw new TypeError('in timer') }); setTimeout(() => console.log('never'), 50)",
  "process.once('uncaughtException', () => console.log('once')); setTimeout(() => { throw new Error('again') }, 5); throw new Error('one')",
  "queueMicrotask(() => { throw new Error('in job') }); process.nextTick(() => console.log('never'))",
])
  console.log(code, "->", run(code));
