// The order of what waits, and its handles.
const log = [];
const say = (text) => () => log.push(text);
setTimeout(say("timeout 1"), 1);
setTimeout(say("timeout 0"), 0);
setImmediate(say("immediate"));
process.nextTick(say("tick"));
Promise.resolve().then(say("promise")).then(say("promise 2"));
queueMicrotask(say("microtask"));
log.push("sync");
const timer = setTimeout(() => {}, 1000);
console.log(typeof timer, timer.hasRef(), timer.unref().hasRef(), timer.ref() === timer, typeof timer[Symbol.toPrimitive]());
clearTimeout(timer);
clearTimeout(undefined);
clearTimeout("nope");
const byNumber = setTimeout(say("never"), 2);
clearTimeout(+byNumber);
const immediate = setImmediate(say("never"));
console.log(immediate.hasRef());
clearImmediate(immediate);
let ticks = 0;
const interval = setInterval(() => { if (++ticks === 3) { clearInterval(interval); done(); } }, 2);
function done() {
  console.log(log.slice(0, 5), log.slice(5).sort(), ticks);
  const again = setTimeout(() => console.log("refreshed"), 5);
  again.refresh();
  setTimeout((...args) => console.log(args), 1, "a", 2);
  setImmediate((...args) => console.log(args), 1);
}
for (const run of [() => setTimeout(), () => setInterval("text"), () => setImmediate(5), () => process.nextTick()]) {
  try {
    run();
  } catch (error) {
    console.log(error.name, error.code, error.message);
  }
}
// What is due is due when the loop begins.
for (const since = Date.now(); Date.now() - since < 3; );
