// A small service and its clients.
import http from "node:http";
import { once } from "node:events";
const items = new Map();
const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const send = (status, value) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  const key = url.pathname.slice(1);
  if (request.method === "PUT") {
    let body = "";
    for await (const part of request) body += part;
    items.set(key, JSON.parse(body));
    return send(201, { key });
  }
  if (request.method === "DELETE") return send(items.delete(key) ? 200 : 404, { key });
  return items.has(key)
    ? send(200, items.get(key))
    : send(404, { missing: key, query: Object.fromEntries(url.searchParams) });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const base = `http://127.0.0.1:${server.address().port}`;
const ask = async (path, options) => {
  const r = await fetch(base + path, options);
  return [r.status, r.headers.get("content-type"), await r.json()];
};
console.log(
  await ask("/a", { method: "PUT", body: JSON.stringify({ n: [1, "é"] }) }),
  await ask("/a"),
  await ask("/none?x=1&y=é"),
);
console.log(await ask("/a", { method: "DELETE" }), await ask("/a", { method: "DELETE" }));
const [response] = await once(http.get(`${base}/b`), "response");
let text = "";
for await (const part of response.setEncoding("utf8")) text += part;
console.log(response.statusCode, response.headers["content-type"], text);
await new Promise((done) => server.close(done));
console.log(await fetch(base).catch((error) => error.name));
