// Agents: connections that are kept, and limits.
const http = require("node:http");
const { once } = require("node:events");
(async () => {
  const sockets = new Set();
  const server = http.createServer((request, response) => { sockets.add(request.socket); setTimeout(() => response.end(request.url), 3); }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const get = (agent, path) => new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path, agent }, (response) => {
      let text = "";
      response.on("data", (part) => { text += part; });
      response.on("end", () => setImmediate(() => resolve([text, request.reusedSocket])));
    });
    request.on("error", reject);
  });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  console.log(await get(agent, "/1"), await get(agent, "/2"), sockets.size);
  console.log((await Promise.all(["/a", "/b", "/c", "/d", "/e"].map((path) => get(agent, path)))).map(([text]) => text).join(), sockets.size);
  console.log(Object.keys(agent.freeSockets).map((name) => name.replace(port, "PORT")), agent.totalSocketCount, agent.getName({ host: "h", port: 1 }));
  agent.destroy();
  sockets.clear();
  const plain = new http.Agent();
  console.log(await get(plain, "/3"), await get(plain, "/4"), sockets.size);
  console.log(http.globalAgent.keepAlive, http.globalAgent instanceof http.Agent, plain.maxSockets, plain.maxFreeSockets, plain.protocol, plain.defaultPort);
  server.close(() => console.log("closed"));
})();
