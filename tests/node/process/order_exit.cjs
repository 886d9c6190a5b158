// beforeExit and exit: how often, in which order, with what.
let rounds = 0;
process.on("beforeExit", (code) => {
  console.log("beforeExit", code, rounds);
  if (rounds++ < 2) setTimeout(() => console.log("more work", rounds), 1);
});
process.once("beforeExit", () => console.log("once"));
process.on("exit", (code) => {
  console.log("exit", code, process.exitCode);
  setTimeout(() => console.log("never"), 0);
  process.exitCode = 0;
});
process.prependListener("exit", () => console.log("first"));
console.log("main", process.listenerCount("exit"), process.eventNames().includes("beforeExit"));
