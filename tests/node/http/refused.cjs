// Requests that are no such, and heads that are too large.
const http = require("node:http");
const net = require("node:net");
const { once } = require("node:events");
async function exchange(port, text) {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(text);
  let all = "";
  try {
    for await (const part of socket) all += part;
  } catch {}
  return all.split("\r\n")[0];
}
(async () => {
  const seen = [];
  const server = http.createServer((request, response) => { seen.push(request.url); response.end("ok"); }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const h = "Host: x\r\nConnection: close\r\n";
  console.log(await exchange(port, "nonsense\r\n\r\n"));
  console.log(await exchange(port, `GET / HTTP/1.1\r\n${h}X: ${"y".repeat(20000)}\r\n\r\n`));
  console.log(await exchange(port, `GET / HTTP/1.1\r\nConnection: close\r\n\r\n`));
  console.log(await exchange(port, `POST / HTTP/1.1\r\n${h}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`));
  console.log(await exchange(port, `POST / HTTP/1.1\r\n${h}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`));
  console.log(await exchange(port, `POST / HTTP/1.1\r\n${h}Content-Length: -1\r\n\r\n`));
  console.log(await exchange(port, `POST / HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\nzz\r\n`));
  console.log(await exchange(port, `GET / HTTP/1.1\r\n${h}Bad Name: x\r\n\r\n`));
  console.log(seen.length >= 0);
  server.on("clientError", (error, socket) => { console.log("clientError", error.code); socket.end("HTTP/1.1 499 Own\r\n\r\n"); });
  console.log(await exchange(port, "GET / NOTHTTP\r\n\r\n"));
  server.close();
  const show = (run) => {
    try {
      run();
      console.log("no error");
    } catch (error) {
      console.log(error.name, error.code, error.message);
    }
  };
  show(() => http.request({ path: "/a b" }));
  show(() => http.request("ftp://x/"));
  show(() => http.request({ method: "B AD" }));
  show(() => http.request({ headers: { "bad name": "x" } }));
  show(() => http.request({ headers: { a: "x\ny" } }));
  show(() => http.validateHeaderName("a b"));
  show(() => http.validateHeaderValue("a", undefined));
  const response = new http.ServerResponse({ method: "GET", httpVersionMajor: 1, httpVersionMinor: 1, headers: {} });
  show(() => response.writeHead(99));
  show(() => response.setHeader("a"));
  show(() => response.setHeader("", "x"));
  response.setHeader("X-One", 1);
  response.appendHeader("X-One", "2");
  console.log(response.getHeader("x-one"), response.hasHeader("X-ONE"), response.getHeaderNames(), { ...response.getHeaders() }, response.headersSent);
  response.removeHeader("x-one");
  console.log(response.getHeaderNames(), http.STATUS_CODES[418], http.METHODS.length > 30, http.maxHeaderSize);
})();
