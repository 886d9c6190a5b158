// What process says of itself, with errors of what it is asked.
const { show } = require("../show.js");
show("umask", () => {
  const old = process.umask(0o22);
  const now = process.umask();
  process.umask(old);
  return [now, process.umask("22") === old, process.umask()];
});
show("umask bad", () => process.umask("9"));
show("umask bad", () => process.umask({}));
show("kill", () => process.kill(process.pid, 0));
show("kill none", () => process.kill(2 ** 22 + 5, 0));
show("kill name", () => process.kill(process.pid, "SIGNOPE"));
show("kill bad", () => process.kill("x"));
