// A line protocol over sockets, with several clients.
import net from "node:net";
import { once } from "node:events";
import readline from "node:readline";
const clients = new Set();
const server = net.createServer((socket) => {
  clients.add(socket);
  const lines = readline.createInterface({ input: socket });
  lines.on("line", (line) =>
    socket.write(line === "quit" ? "bye\n" : `${line.length}:${line}\n`, () => line === "quit" && socket.end()),
  );
  socket.on("close", () => clients.delete(socket)).on("error", () => {});
});
server.listen({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
const talk = async (...lines) => {
  const socket = net.connect(server.address().port, "127.0.0.1");
  await once(socket, "connect");
  for (const line of [...lines, "quit"]) socket.write(`${line}\n`);
  let text = "";
  for await (const part of socket.setEncoding("utf8")) text += part;
  return text;
};
console.log(await talk("hello", "é"), await Promise.all([talk("one"), talk("two", "three")]));
await new Promise((done) => setTimeout(done, 20));
console.log(clients.size, server.listening);
server.close();
await once(server, "close");
console.log(server.listening, server.address());
