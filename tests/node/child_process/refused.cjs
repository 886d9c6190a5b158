// What is given wrongly.
const { exec, execFile, execFileSync, execSync, spawn, spawnSync } = require("node:child_process");
const show = (run) => {
  try {
    run();
    console.log("no error");
  } catch (error) {
    console.log(error.name, error.code);
  }
};
show(() => spawn());
show(() => spawn(5));
show(() => spawn(""));
show(() => spawn("a\0b"));
show(() => spawn("echo", "text"));
show(() => spawn("echo", [], "text"));
show(() => spawn("echo", [], { cwd: 5 }));
show(() => spawn("echo", [], { stdio: "wrong" }));
show(() => spawn("echo", ["a\0b"]));
show(() => spawn("echo", [], { detached: "yes" }));
show(() => spawn("echo", [], { uid: "root" }));
show(() => spawn("echo", [], { killSignal: "SIGWRONG" }));
show(() => exec(5));
show(() => execFile("echo", [], {}, "callback"));
show(() => execSync(null));
show(() => execFileSync(undefined));
show(() => spawnSync("cat", { input: 5 }));
