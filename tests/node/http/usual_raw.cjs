// What goes over the wire, seen by a plain socket.
const http = require("http"),
  net = require("net");
const server = http.createServer({ keepAliveTimeout: 50 }, (request, response) => {
  response.sendDate = false;
  response.setHeader("X-Seen", `${request.method} ${request.url} ${request.rawHeaders.length}`);
  if (request.url === "/chunked") {
    response.write("a");
    setImmediate(() => response.end("bc"));
  } else response.end("whole");
});
const raw = (text) =>
  new Promise((done) => {
    let answer = "";
    const socket = net.connect(server.address().port, "127.0.0.1", () => socket.write(text));
    socket
      .setEncoding("latin1")
      .on("data", (part) => {
        answer += part;
      })
      .on("close", () => done(JSON.stringify(answer)));
  });
server.listen(0, "127.0.0.1", async () => {
  console.log(await raw("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  console.log(await raw("GET /chunked HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  console.log(await raw("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  console.log(await raw("GET /old HTTP/1.0\r\n\r\n"));
  console.log((await raw("nonsense\r\n\r\n")).slice(0, 26), (await raw("GET / HTTP/1.1\r\n\r\n")).slice(0, 26));
  server.close();
});
