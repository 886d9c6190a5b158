setTimeout(() => console.log("timeout"), 0);
setImmediate(() => console.log("immediate"));
process.nextTick(() => { console.log("tick"); Promise.resolve().then(() => console.log("micro in tick")); process.nextTick(() => console.log("tick in tick")); });
Promise.resolve().then(() => { console.log("micro"); process.nextTick(() => console.log("tick in micro")); queueMicrotask(() => console.log("micro in micro")); });
console.log("main");
process.on("exit", (code) => console.log("exit", code));
process.on("beforeExit", (code) => { console.log("beforeExit", code); process.exitCode = 3; });
// The timer is due when the loop begins: which of the two is first is chance otherwise, under Node, too.
const start = Date.now();
while (Date.now() - start < 3);
