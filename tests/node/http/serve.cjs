// A server and requests: bodies of all kinds, headers, kept connections.
const http = require("node:http");
const { once } = require("node:events");
const read = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
};
const ask = (options, body) => new Promise((resolve, reject) => {
  const request = http.request(options, async (response) => resolve({ response, text: await read(response) }));
  request.on("error", reject);
  if (body) for (const part of body) request.write(part);
  request.end();
});
(async () => {
  const server = http.createServer(async (request, response) => {
    const body = await read(request);
    const url = new URL(request.url, "http://x");
    if (url.pathname === "/echo") {
      response.setHeader("Content-Type", "text/plain");
      response.setHeader("X-Multi", ["a", "b"]);
      response.end(JSON.stringify([request.method, request.url, request.httpVersion, request.headers["x-own"], request.headers["transfer-encoding"] ?? null, request.headers["content-length"] ?? null, body]));
    } else if (url.pathname === "/chunks") {
      response.writeHead(201, "Made", { "X-A": "1" });
      response.write("one ");
      setTimeout(() => { response.write("two "); response.end("three"); }, 5);
    } else if (url.pathname === "/empty") {
      response.statusCode = 204;
      response.end();
    } else if (url.pathname === "/head") {
      response.setHeader("Content-Length", 11);
      response.end();
    } else {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("none\n");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const base = { host: "127.0.0.1", port };
  const get = await ask({ ...base, path: "/echo?q=1", headers: { "X-Own": "yes" } });
  console.log(get.response.statusCode, get.response.statusMessage, get.text);
  console.log(get.response.headers["content-type"], get.response.headers["x-multi"], get.response.headers["content-length"], get.response.headers.connection, get.response.headers["keep-alive"], typeof get.response.headers.date);
  console.log(get.response.rawHeaders.filter((_, i) => i % 2 === 0).join());
  console.log((await ask({ ...base, path: "/echo", method: "POST" }, ["a", "b", Buffer.from("c")])).text);
  console.log((await ask({ ...base, path: "/echo", method: "PUT", headers: { "Content-Length": 3 } }, ["abc"])).text);
  console.log((await ask({ ...base, path: "/echo", method: "DELETE" })).text);
  const chunks = await ask({ ...base, path: "/chunks" });
  console.log(chunks.response.statusCode, chunks.response.statusMessage, chunks.response.headers["transfer-encoding"], chunks.response.headers["x-a"], chunks.text, chunks.response.complete);
  const empty = await ask({ ...base, path: "/empty" });
  console.log(empty.response.statusCode, empty.response.headers["content-length"], JSON.stringify(empty.text));
  const head = await ask({ ...base, path: "/head", method: "HEAD" });
  console.log(head.response.headers["content-length"], JSON.stringify(head.text));
  console.log((await ask({ ...base, path: "/none" })).response.statusCode);
  http.get(`http://127.0.0.1:${port}/echo`, { headers: { "X-Own": "get" } }, async (response) => {
    console.log(await read(response));
    const big = "x".repeat(300000);
    console.log((await ask({ ...base, path: "/echo", method: "POST" }, [big, big])).text.length);
    server.close(() => console.log("closed"));
  });
})();
