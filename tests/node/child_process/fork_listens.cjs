// A child that does nothing but listen, and what ends it.
const { fork } = require("child_process");

if (process.argv[2] === "child") {
  process.on("message", (message) => {
    if (message === "flood") {
      for (let i = 0; i < 5000; i++) process.send({ i, text: "x".repeat(50) });
      process.send("end");
    } else if (message === "die") process.kill(process.pid, "SIGKILL");
    else if (message === "refused") {
      const cycle = {};
      cycle.cycle = cycle;
      for (const value of [() => 1, cycle, Symbol("s"), undefined]) {
        try {
          process.send(value);
        } catch (error) {
          process.send(`${error.name} ${error.code}`);
        }
      }
      process.send("end");
    } else process.disconnect();
  });
} else {
  const talk = (word, options) => new Promise((resolve) => {
    const child = fork(__filename, ["child"], { silent: true, ...options });
    const words = [];
    let count = 0;
    child.on("message", (message) => {
      if (typeof message === "object") count += message.i;
      else words.push(message);
      if (message === "end") child.send("leave");
    });
    child.on("exit", (...how) => {
      console.log(word, count, words, how);
      resolve();
    });
    child.send(word);
  });
  (async () => {
    for (const word of ["flood", "die", "refused", "leave"]) await talk(word);
    await talk("flood", { serialization: "advanced" });
    for (const call of [() => fork("x", { stdio: ["pipe", "pipe", "pipe"] }), () => fork(5), () => fork(__filename, { serialization: "none" })]) {
      try {
        call();
      } catch (error) {
        console.log(error.name, error.code);
      }
    }
  })();
}
