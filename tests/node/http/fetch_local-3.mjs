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
await wait("status", async () => told(await fetch(`${base}/500`)));
await wait("cookies", async () => {
  const r = await fetch(`${base}/cookies`);
  return [r.headers.getSetCookie(), r.headers.get("x"), r.headers.get("set-cookie")];
});
await wait("gone", async () => {
  try {
    await fetch(`${base}/gone`);
  } catch (error) {
    return [error.name, error.message];
  }
});
await wait("twice", async () => {
  const r = await fetch(`${base}/a`);
  await r.text();
  return [r.bodyUsed, await r.text().catch((error) => error.name)];
});
await wait("aborted", () => fetch(base, { signal: AbortSignal.abort() }));
server.close();
