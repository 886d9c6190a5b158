// The bytes of both sides.
const http = require("node:http");
const net = require("node:net");
const { once } = require("node:events");
async function exchange(port, ...pieces) {
  const socket = net.connect(port, "127.0.0.1");
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  let text = "";
  socket.setEncoding("latin1");
  for await (const part of socket) text += part;
  return text.replace(/Date: [^\r]*/g, "Date: NOW").replaceAll("\r\n", "|");
}
(async () => {
  const server = http.createServer((request, response) => {
    let size = 0;
    request.on("data", (part) => { size += part.length; });
    request.on("end", () => response.end(`${request.method} ${request.url} ${size} ${JSON.stringify(request.trailers)}`));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const close = "Host: x\r\nConnection: close\r\n";
  console.log(await exchange(port, `GET /a HTTP/1.1\r\n${close}\r\n`));
  console.log(await exchange(port, "GET /b HT", `TP/1.1\r\nHo`, `st: x\r\nConnection: close\r\n\r\n`));
  console.log(await exchange(port, "GET /old HTTP/1.0\r\n\r\n"));
  console.log(await exchange(port, `POST /c HTTP/1.1\r\n${close}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;ext=1\r\n`, `hello\r\n0\r\nX-Trail: er\r\n\r\n`));
  console.log(await exchange(port, `POST /d HTTP/1.1\r\n${close}Content-Length: 4\r\n\r\nab`, "cd"));
  console.log(await exchange(port, `GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\n${close}\r\n`));
  console.log(await exchange(port, `POST /e HTTP/1.1\r\n${close}Expect: 100-continue\r\nContent-Length: 1\r\n\r\n`, "x"));
  server.close();
  const peer = net.createServer((socket) => socket.once("data", (bytes) => {
    console.log(bytes.toString().replaceAll("\r\n", "|").replace(/:\d+\|/g, ":PORT|"));
    socket.end("HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-Two: 1\r\nX-Two: 2\r\nHost: h1\r\nHost: h2\r\n\r\nuntil the end");
  })).listen(0, "127.0.0.1");
  await once(peer, "listening");
  for (const options of [{}, { method: "POST" }, { headers: { Host: "own", "X-H": ["1", "2"] }, auth: "user:pass" }, { agent: false, path: "/p?q" }]) {
    const request = http.request({ host: "127.0.0.1", port: peer.address().port, ...options });
    if (options.method === "POST") request.end("body");
    else request.end();
    const [response] = await once(request, "response");
    let text = "";
    for await (const part of response) text += part;
    console.log(response.headers, response.headersDistinct["x-two"], text);
  }
  peer.close();
})();
