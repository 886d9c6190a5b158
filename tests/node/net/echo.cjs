// A server and its sockets.
const net = require("node:net");
const { once } = require("node:events");
(async () => {
  const server = net.createServer((socket) => {
    socket.setEncoding("utf8");
    socket.on("data", (text) => socket.write(text.toUpperCase()));
    socket.on("end", () => { console.log("server end"); });
    socket.on("close", (hadError) => console.log("server close", hadError));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { address, family, port } = server.address();
  console.log(address, family, port > 0, server.listening);
  const client = net.connect(port, "127.0.0.1", () => console.log("connected", client.remotePort === port, client.remoteAddress, client.remoteFamily, client.localPort > 0));
  console.log(client.connecting, client.pending, client.readyState);
  await once(client, "connect");
  console.log(client.connecting, client.readyState);
  client.write("hello");
  console.log((await once(client, "data"))[0].toString(), client.bytesRead, client.bytesWritten);
  server.getConnections((error, count) => console.log(error, count));
  client.end("bye");
  console.log((await once(client, "data"))[0].toString());
  await once(client, "close");
  console.log(client.destroyed, client.readyState);
  server.close(() => console.log("server closed"));
  await once(server, "close");
  console.log(server.listening, server.address());
  server.close((error) => console.log(error.code));
})();
