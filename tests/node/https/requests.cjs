// A server and requests on secured sockets.
const https = require("node:https");
const { once } = require("node:events");
const { cert, key } = require("./pair.js");
const read = async (stream) => {
  let all = "";
  for await (const part of stream.setEncoding("utf8")) all += part;
  return all;
};
(async () => {
  const server = https.createServer({ cert, key }, async (request, response) => {
    const body = await read(request);
    response.setHeader("X-Secure", String(request.socket.encrypted));
    response.end(`${request.method} ${request.url} ${body} ${request.socket.servername}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const ask = (options, body) => new Promise((resolve, reject) => {
    const request = https.request({ host: "localhost", family: 4, port, ca: cert, ...options }, async (response) => {
      const { authorized } = response.socket;
      const protocol = response.socket.getProtocol();
      resolve([response.statusCode, response.headers["x-secure"], await read(response), authorized, protocol]);
    });
    request.on("error", reject);
    request.end(body);
  });
  console.log(await ask({ path: "/a" }));
  console.log(await ask({ path: "/b", method: "POST" }, "x".repeat(10)));
  console.log((await ask({ path: "/c", host: "127.0.0.1" }))[2]);
  console.log((await ask({ path: "/d", ca: undefined, rejectUnauthorized: false })).slice(0, 4));
  await ask({ path: "/e", ca: undefined }).catch((error) => console.log(error instanceof Error, typeof error.message));
  await ask({ path: "/f", servername: "other.example" }).catch((error) => console.log(error instanceof Error));
  const big = await ask({ path: "/g", method: "POST" }, "y".repeat(200000));
  console.log(big[2].length);
  console.log(https.globalAgent.defaultPort, https.globalAgent.protocol, https.globalAgent instanceof https.Agent);
  https.get(`https://localhost:${port}/get`, { ca: cert, family: 4, agent: new https.Agent() }, async (response) => {
    console.log(await read(response));
    server.close(() => console.log("closed"));
    https.globalAgent.destroy();
  });
})();
