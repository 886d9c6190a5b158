// Sockets with a path; half-open sockets; time; many at once.
const net = require("node:net");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { once } = require("node:events");
(async () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "sock-")), "s");
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let all = "";
    socket.on("error", () => {});
    socket.on("data", (part) => { all += part; });
    socket.on("end", () => socket.end(`got ${all}`));
  });
  server.listen(file);
  await once(server, "listening");
  console.log(server.address() === file, fs.existsSync(file));
  const answers = await Promise.all([1, 2, 3, 4, 5].map((i) => new Promise((resolve) => {
    const socket = net.createConnection({ path: file, allowHalfOpen: true });
    socket.end(`number ${i}`);
    let text = "";
    socket.on("data", (part) => { text += part; });
    socket.on("close", () => resolve(text));
    socket.on("end", () => {});
  })));
  console.log(answers);
  const idle = net.connect(file);
  idle.setTimeout(10, () => console.log("timeout"));
  await once(idle, "timeout");
  idle.destroy();
  await once(idle, "close");
  server.close();
  await once(server, "close");
  console.log(fs.existsSync(file));
  const quiet = net.createServer().listen(0);
  quiet.unref();
  const big = net.createServer((socket) => socket.end(Buffer.alloc(3000000, 1))).listen(0, "127.0.0.1");
  await once(big, "listening");
  const reader = net.connect(big.address().port, "127.0.0.1");
  let size = 0;
  for await (const part of reader) size += part.length;
  console.log(size);
  big.close();
})();
