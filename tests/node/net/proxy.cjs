// Sockets piped into each other; pausing; writes with callbacks; half-open ends.
const net = require("node:net");
const { once } = require("node:events");
(async () => {
  const echo = net.createServer({ allowHalfOpen: true }, (socket) => { socket.on("error", () => {}); socket.pipe(socket); }).listen(0, "127.0.0.1");
  await once(echo, "listening");
  const proxy = net.createServer({ allowHalfOpen: true }, (socket) => {
    const upstream = net.connect({ port: echo.address().port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const client = net.connect(proxy.address().port, "127.0.0.1");
  client.setEncoding("utf8");
  client.write("one ", () => console.log("written"));
  client.write("two ");
  client.write(Buffer.from("three"));
  let text = "";
  for await (const part of client) {
    text += part;
    if (text.length >= 13) break;
  }
  console.log(text, client.destroyed);
  const big = net.connect({ port: proxy.address().port, host: "127.0.0.1", allowHalfOpen: true });
  const sent = Buffer.alloc(500000, "abc");
  big.end(sent);
  const parts = [];
  big.on("data", (part) => { parts.push(part); big.pause(); setImmediate(() => big.resume()); });
  await once(big, "close");
  console.log(Buffer.concat(parts).equals(sent), big.bytesWritten, big.bytesRead);
  const stop = new AbortController();
  const stopped = net.createServer().listen({ port: 0, signal: stop.signal });
  stopped.on("close", () => console.log("stopped"));
  await once(stopped, "listening");
  stop.abort();
  proxy.close();
  echo.close();
})();
