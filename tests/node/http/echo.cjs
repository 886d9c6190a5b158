// A server and a client: methods, headers, bodies, statuses.
const http = require("http");
const server = http.createServer((request, response) => {
  let body = "";
  request
    .setEncoding("utf8")
    .on("data", (part) => {
      body += part;
    })
    .on("end", () => {
      response.writeHead(request.url === "/missing" ? 404 : 200, {
        "Content-Type": "text/plain",
        "X-Method": request.method,
      });
      response.end(
        `${request.method} ${request.url} ${body} ${request.headers["x-own"] ?? "-"} ${request.httpVersion}`,
      );
    });
});
const ask = (port, options, body) =>
  new Promise((done, fail) => {
    const request = http.request({ port, host: "127.0.0.1", ...options }, (response) => {
      let text = "";
      response
        .on("data", (part) => {
          text += part;
        })
        .on("end", () =>
          done([response.statusCode, response.statusMessage, response.headers["x-method"], response.complete, text]),
        );
    });
    request.on("error", fail);
    request.end(body);
  });
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  console.log(await ask(port, { path: "/a?b=c" }));
  console.log(await ask(port, { method: "POST", path: "/p", headers: { "X-Own": "v" } }, "posted é"));
  console.log(await ask(port, { method: "HEAD", path: "/h" }));
  console.log(await ask(port, { method: "put", path: "/missing" }, Buffer.from("bytes")));
  console.log(await ask(port, { method: "DELETE", path: "/d" }));
  server.close(() => console.log("closed", server.listening));
});
