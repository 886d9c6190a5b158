// Sockets: what is written, half ends, addresses, errors.
const net = require("net");
const { show } = require("../show.js");
const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket
    .setEncoding("utf8")
    .on("data", (text) => socket.write(text.toUpperCase()))
    .on("end", () => {
      console.log("server end");
      socket.end("bye");
    });
});
server.listen(0, "127.0.0.1", () => {
  const { address, family, port } = server.address();
  console.log(address, family, typeof port, server.listening);
  const client = net.connect({ port, host: "127.0.0.1" }, () => {
    console.log(
      "connected",
      client.remoteAddress,
      client.remoteFamily,
      client.remotePort === port,
      client.readyState,
      client.pending,
    );
    client.write("hello ");
    client.end("there");
  });
  let got = "";
  client
    .on("data", (part) => {
      got += part;
    })
    .on("end", () => console.log("end", got))
    .on("close", (failed) => {
      console.log("close", failed, client.bytesWritten, client.bytesRead, client.destroyed, client.readyState);
      server.close(() => refused(port));
    });
  server.getConnections((error, count) => console.log("connections", error, count <= 1));
});
function refused(port) {
  net
    .connect(port, "127.0.0.1")
    .on("error", (error) => console.log(error.code, error.syscall, error.address, error.port === port))
    .on("close", (failed) => console.log("closed", failed));
  show("port", () => net.connect(70000));
  show("port text", () => net.connect({ port: "x" }));
  show("listen", () => net.createServer().listen(-1));
  show("none", () => net.connect());
  show("server listener", () => net.createServer(5));
  show("is", () =>
    ["1.2.3.4", "::1", "1.2.3", "a", "::ffff:1.2.3.4", "fe80::1%lo"].map((text) =>
      [net.isIP(text), net.isIPv4(text), net.isIPv6(text)].join(),
    ),
  );
}
