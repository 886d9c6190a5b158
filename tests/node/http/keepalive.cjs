// Connections that are kept: how many there are, and what each serves.
const http = require("http");
let connections = 0;
const server = http.createServer((request, response) => response.end(`${request.url} ${request.headers.connection}`));
server.on("connection", () => {
  connections += 1;
});
const get = (agent, path, more) =>
  new Promise((done, fail) =>
    http
      .get({ port: server.address().port, host: "127.0.0.1", agent, path, ...more }, (response) => {
        let text = "";
        response
          .on("data", (part) => {
            text += part;
          })
          .on("end", () => done([text, response.headers.connection, response.headers["keep-alive"] !== undefined]));
      })
      .on("error", fail),
  );
server.listen(0, "127.0.0.1", async () => {
  const kept = new http.Agent({ keepAlive: true, maxSockets: 1 });
  console.log(await get(kept, "/1"), await get(kept, "/2"), connections);
  console.log(await Promise.all([get(kept, "/3"), get(kept, "/4"), get(kept, "/5")]), connections);
  const single = new http.Agent({ keepAlive: false });
  console.log(await get(single, "/6"), await get(single, "/7"), connections);
  console.log(await get(false, "/8"), connections, kept.keepAlive, kept.maxSockets, single.maxFreeSockets);
  kept.destroy();
  server.close(() => console.log("closed"));
});
