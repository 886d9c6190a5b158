// A listener that throws, in a program that goes on: the next bytes still come, and so does the end.
const net = require("net"), { spawn } = require("child_process");
process.on("uncaughtException", (error) => console.log("uncaught", error.message));
const server = net.createServer((socket) => {
  socket.on("data", (chunk) => {
    console.log("came", `${chunk}`);
    if (`${chunk}` === "1") throw new Error("at 1");
    socket.end("2 came");
  });
  socket.on("close", () => console.log("closed"));
});
server.listen(0, "127.0.0.1", () => {
  const socket = net.connect(server.address().port, "127.0.0.1", () => socket.write("1"));
  setTimeout(() => socket.write("2"), 80);
  socket.on("data", (chunk) => console.log("answered", `${chunk}`));
  socket.on("close", () => {
    server.close();
    const child = spawn("/bin/sh", ["-c", "echo one; sleep 0.1; echo two"]);
    child.stdout.on("data", (chunk) => {
      console.log("wrote", `${chunk}`.trim());
      if (`${chunk}` === "one\n") throw new Error("at one");
    });
    child.on("close", (code) => console.log("ended", code));
  });
});
