// Signals that a program listens to.
const { execSync, spawnSync } = require("node:child_process");
const seen = [];
process.on("SIGUSR2", (name, number) => seen.push(`on ${name} ${number}`));
process.once("SIGUSR2", () => seen.push("once"));
const kept = setInterval(() => {}, 1000);
(async () => {
  for (let i = 0; i < 2; i++) {
    process.kill(process.pid, "SIGUSR2");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log(seen);
  process.on("SIGTERM", () => { console.log("ended"); clearInterval(kept); });
  process.kill(process.pid, "SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 20));
  try {
    process.on("SIGKILL", () => {});
  } catch (error) {
    console.log(error.code, error.syscall, error.message);
  }
  process.on("SIGNOTHING", () => {});
  console.log(process.listenerCount("SIGTERM"), process.listenerCount("SIGUSR2"));
  const child = `process.on("SIGTERM", () => {}); process.removeAllListeners("SIGTERM"); setTimeout(() => {}, 5000); process.kill(process.pid, "SIGTERM");`;
  console.log(typeof child);
})();
