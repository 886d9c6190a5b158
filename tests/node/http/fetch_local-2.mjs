// fetch to a server of one's own: methods, bodies, headers, redirects, errors.
import http from "node:http";
import shown from "../show.js";
const { wait } = shown;
const server = http.createServer((request, response) => {
  if (request.url === "/loop") return void response.writeHead(302, { Location: "/loop" }).end();
  if (request.url === "/moved") return void response.writeHead(303, { Location: "/echo?moved" }).end("body");
  if (request.url === "/json")
    return void response.writeHead(200, { "Content-Type": "application/json" }).end('{"a":[1]}');
  if (request.url === "/empty") return void response.writeHead(204).end();
  if (request.url === "/gone") return void request.socket.destroy();
  if (request.url === "/cookies")
    return void response
      .writeHead(
        200,
        [
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
          ["X", "1"],
          ["x", "2"],
        ].flat(),
      )
      .end();
  let body = "";
  request
    .on("data", (part) => {
      body += part;
    })
    .on("end", () =>
      response
        .writeHead(request.url === "/500" ? 500 : 200, { "X-Type": request.headers["content-type"] ?? "none" })
        .end(`${request.method} ${request.url} ${body}`),
    );
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}`;
const told = async (response) => [
  response.status,
  response.ok,
  response.redirected,
  response.url.replace(base, ""),
  response.headers.get("x-type"),
  await response.text(),
];
await wait("moved", async () => told(await fetch(`${base}/moved`, { method: "POST", body: "x" })));
await wait("manual", async () => {
  const r = await fetch(`${base}/moved`, { redirect: "manual" });
  return [r.status, r.type, r.headers.get("location")];
});
await wait("loop", async () => {
  try {
    await fetch(`${base}/loop`);
  } catch (error) {
    return [error.name, error.cause?.message];
  }
});
await wait("json", async () => (await fetch(`${base}/json`)).json());
await wait("empty", async () => {
  const r = await fetch(`${base}/empty`);
  return [r.status, r.body, await r.text()];
});
server.close();
