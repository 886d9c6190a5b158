// What runs first: ticks, jobs, timers, immediates, in the usual mixture.
const log = [];
const note = (name) => () => log.push(name);
setImmediate(note("immediate"));
setTimeout(note("timeout"), 300);
process.nextTick(note("tick"));
Promise.resolve().then(note("promise")).then(note("promise 2"));
queueMicrotask(note("microtask"));
(async () => {
  log.push("async start");
  await undefined;
  log.push("async end");
})();
process.nextTick(() => {
  log.push("tick 2");
  Promise.resolve().then(note("promise in tick"));
  process.nextTick(note("tick in tick"));
});
log.push("sync");
process.on("exit", () => console.log(log.join("\n")));
