// Handlers that throw where the program goes on: what the client sends later is no request.
const http = require("http"), net = require("net");
process.on("uncaughtException", (error) => console.log("uncaught", error.message));
const server = http.createServer((request, response) => {
  console.log(request.method, request.url);
  if (request.url === "/status") {
    for (const status of ["200 OK\r\nX-Evil: 1", 99, 1000, undefined]) {
      response.statusCode = status;
      try { response.end("ok"); } catch (error) { console.log(error.name, error.code); }
    }
    response.statusCode = 200;
    response.statusMessage = "a\r\nB: c";
    try { response.write("ok"); } catch (error) { console.log(error.name, error.code); }
    response.statusMessage = "Fine";
    return void response.end("ok");
  }
  throw new Error("the handler's");
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  http.get({ port, path: "/status", agent: false }, (response) => {
    console.log(response.statusCode, response.statusMessage, response.headers["x-evil"]);
    response.resume().on("end", () => {
      const socket = net.connect(port, "127.0.0.1", () => {
        socket.write("POST /throws HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n");
        setTimeout(() => socket.write("GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n\r\n"), 60);
      });
      socket.on("data", (chunk) => console.log(`${chunk}`.split("\r\n")[0]));
      socket.on("close", () => {
        console.log("closed");
        server.close();
      });
    });
  });
});
