// Requests that are given up, connections that break, upgrades, time.
const http = require("node:http");
const net = require("node:net");
const { once } = require("node:events");
const closes = [];
(async () => {
  const server = http.createServer((request, response) => {
    if (request.url === "/hang") response.write("part");
    else if (request.url === "/drop") request.socket.destroy();
    else if (request.url === "/cut") { response.writeHead(200, { "Content-Length": 100 }); response.write("some"); setTimeout(() => request.socket.destroy(), 5); }
    response.on("close", () => closes.push(`${request.url} ${response.writableFinished}`));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  server.on("upgrade", (request, socket, head) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: own\r\nConnection: Upgrade\r\n\r\n");
    socket.on("data", (part) => socket.end(`back ${part}`));
  });
  const { port } = server.address();
  const base = { host: "127.0.0.1", port };
  const dropped = http.get({ ...base, path: "/drop" });
  const [error] = await once(dropped, "error");
  console.log(error.code, error.message);
  const hanging = http.get({ ...base, path: "/hang" });
  const [response] = await once(hanging, "response");
  response.on("error", (failure) => console.log(failure.code, failure.message));
  response.once("data", (part) => { console.log(part.toString()); hanging.destroy(); });
  await new Promise((resolve) => response.once("close", resolve));
  console.log(response.aborted, response.complete);
  const cut = http.get({ ...base, path: "/cut" });
  const [short] = await once(cut, "response");
  try {
    for await (const part of short) console.log(part.toString());
  } catch (failure) {
    console.log(failure.code, failure.message);
  }
  const controller = new AbortController();
  const aborted = http.get({ ...base, path: "/hang", signal: controller.signal });
  controller.abort();
  const [reason] = await once(aborted, "error");
  console.log(reason.name, reason.code);
  const upgrade = http.get({ ...base, headers: { Connection: "Upgrade", Upgrade: "own" } });
  const [answer, socket] = await once(upgrade, "upgrade");
  console.log(answer.statusCode, answer.headers.upgrade);
  socket.write("hello");
  console.log((await once(socket, "data"))[0].toString());
  const slow = http.get({ ...base, path: "/hang", timeout: 20 });
  slow.on("error", (failure) => console.log(failure.code));
  await once(slow, "timeout");
  console.log("timeout");
  slow.destroy();
  await once(slow, "close");
  const refused = http.get({ host: "127.0.0.1", port: 1 });
  console.log((await once(refused, "error"))[0].code);
  server.closeAllConnections();
  server.close(() => console.log("closed", closes.sort()));
})();
