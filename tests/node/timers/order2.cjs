// The order of ticks, jobs, immediates and timers.
const log = [],
  say = (x) => () => log.push(x);
setTimeout(say("t0"), 0);
setImmediate(say("i0"));
process.nextTick(say("n0"));
Promise.resolve().then(say("p0"));
queueMicrotask(say("q0"));
process.nextTick(() => {
  log.push("n1");
  process.nextTick(say("n1n"));
  Promise.resolve().then(say("n1p"));
  queueMicrotask(() => {
    log.push("n1q");
    process.nextTick(say("n1qn"));
  });
});
Promise.resolve().then(() => {
  log.push("p1");
  process.nextTick(say("p1n"));
  Promise.resolve().then(say("p1p"));
});
(async () => {
  log.push("sync");
  await null;
  log.push("await");
  await new Promise((f) => process.nextTick(f));
  log.push("ticked");
  await new Promise(setImmediate);
  log.push("immediate");
})();
setImmediate(() => {
  log.push("i1");
  process.nextTick(say("i1n"));
  Promise.resolve().then(say("i1p"));
  setImmediate(say("i1i"));
});
setImmediate(say("i2"));
setTimeout(() => {
  log.push("late");
  process.nextTick(say("latn"));
  setTimeout(say("lat0"), 0);
  setImmediate(say("lati"));
}, 30);
setTimeout(say("late2"), 30);
log.push("end");
process.on("exit", () =>
  console.log(
    log.filter((x) => !/^t0|^i[0-2]|^immediate/.test(x)).join(" "),
    log.indexOf("i1n") < log.indexOf("i2"),
    log.indexOf("i1i") > log.indexOf("i2"),
  ),
);
// What is due is due when the loop begins.
for (const since = Date.now(); Date.now() - since < 3; );
