// What process says of itself, with errors of what it is asked.
const { show } = require("../show.js");
show("cpu part", () => process.cpuUsage({ user: 1, system: -1 }));
show("resources", () => Object.keys(process.resourceUsage()).length);
show("cwd", () => process.cwd() === __dirname.slice(0, -8));
show("chdir", () => {
  process.chdir("process");
  return process.cwd() === __dirname;
});
show("chdir none", () => {
  try {
    process.chdir("nope-here");
  } catch (error) {
    error.message = error.message.replace(__dirname, "HERE");
    throw error;
  }
});
show("chdir bad", () => process.chdir(5));
show("chdir no argument", () => process.chdir());
