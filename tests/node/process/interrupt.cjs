// SIGINT, which a program may listen to.
const kept = setInterval(() => {}, 1000);
let count = 0;
process.on("SIGINT", (name, number) => {
  console.log(name, number, ++count);
  if (count === 2) clearInterval(kept);
});
process.kill(process.pid, "SIGINT");
setTimeout(() => process.kill(process.pid, "SIGINT"), 20);
process.on("exit", (code) => console.log("exit", code));
