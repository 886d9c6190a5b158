// Immediates that nothing waits for run where something else goes on, and not otherwise.
const first = setImmediate(() => console.log("runs, for a timer waits"));
console.log(first.hasRef(), first.unref() === first, first.hasRef(), first.ref().hasRef(), first.unref().hasRef());
setTimeout(() => {
  console.log("timer");
  setImmediate(() => console.log("held")).ref();
  setImmediate(() => console.log("beside one that is held")).unref();
  setImmediate(() => {
    setImmediate(() => console.log("never")).unref();
    const cleared = setImmediate(() => console.log("never"));
    clearImmediate(cleared.unref());
    console.log(cleared.hasRef());
  });
}, 5);
process.on("beforeExit", () => console.log("beforeExit"));
process.on("exit", () => console.log("exit"));
