// Changes of files.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "watch-"));
const seen = new Set();
const watcher = fs.watch(folder, (type, name) => seen.add(`${type} ${name}`));
setTimeout(() => fs.writeFileSync(path.join(folder, "new"), "text"), 10);
setTimeout(() => fs.unlinkSync(path.join(folder, "new")), 40);
setTimeout(() => {
  watcher.close();
  console.log([...seen].sort());
}, 80);
watcher.on("close", async () => {
  console.log("closed");
  const controller = new AbortController();
  setTimeout(() => fs.writeFileSync(path.join(folder, "later"), ""), 10);
  try {
    for await (const { eventType, filename } of fs.promises.watch(folder, { signal: controller.signal })) {
      console.log(eventType, filename);
      controller.abort();
    }
  } catch (error) {
    console.log(error.name);
  }
});
try {
  fs.watch(path.join(folder, "missing"));
} catch (error) {
  console.log(error.code, error.syscall, error.message.replace(folder, "FOLDER"));
}
const file = path.join(folder, "polled");
fs.writeFileSync(file, "1");
fs.watchFile(file, { interval: 10 }, (now, before) => {
  console.log("polled", now.size, before.size);
  fs.unwatchFile(file);
});
setTimeout(() => fs.writeFileSync(file, "four"), 25);
fs.watch(folder, { persistent: false });
