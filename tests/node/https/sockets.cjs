// Secured sockets themselves.
const tls = require("node:tls");
const { once } = require("node:events");
const { cert, key } = require("./pair.js");
(async () => {
  const server = tls.createServer({ cert, key, ALPNProtocols: ["own", "other"] }, (socket) => {
    socket.on("error", () => {});
    socket.write(`hello ${socket.alpnProtocol} `);
    socket.on("data", (part) => socket.end(String(part).toUpperCase()));
  });
  const failures = [];
  server.on("tlsClientError", (error) => failures.push(error instanceof Error));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const socket = tls.connect({ host: "127.0.0.1", port, ca: [cert], servername: "localhost", ALPNProtocols: ["other"] });
  await once(socket, "secureConnect");
  console.log(socket.authorized, socket.encrypted, socket.alpnProtocol, socket.authorizationError, socket.getPeerCertificate().raw.length > 100, typeof socket.getCipher().name);
  socket.write("bytes");
  let text = "";
  for await (const part of socket) text += part;
  console.log(text);
  const doubtful = tls.connect(port, "127.0.0.1", { rejectUnauthorized: false });
  await once(doubtful, "secureConnect");
  console.log(doubtful.authorized, doubtful.alpnProtocol);
  doubtful.destroy();
  const refused = tls.connect(port, "127.0.0.1");
  const [error] = await once(refused, "error");
  console.log(error instanceof Error, refused.destroyed);
  const plain = require("node:net").connect(port, "127.0.0.1");
  plain.on("error", () => {});
  plain.end("not tls at all");
  await once(server, "tlsClientError");
  console.log(failures.length > 0 && failures.every(Boolean));
  server.close(() => console.log("closed"));
})();
