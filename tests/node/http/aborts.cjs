// Requests and answers that end early, on either side.
const http = require("http");
const server = http.createServer((request, response) => {
  request.on("error", () => {});
  if (request.url === "/drop") return void request.socket.destroy();
  if (request.url === "/half") {
    response.writeHead(200, { "Content-Length": 10 });
    response.write("half");
    return void setTimeout(() => response.destroy(), 20);
  }
  if (request.url === "/never") return;
  response.end("fine");
});
const run = (name, path, act) =>
  new Promise((done) => {
    const request = http.get(
      { port: server.address().port, host: "127.0.0.1", path, agent: false, ...act?.options },
      (response) => {
        console.log(name, "response", response.statusCode);
        response
          .on("data", (part) => console.log(name, String(part)))
          .on("error", (error) => console.log(name, "answer", error.code, error.message))
          .on("aborted", () => console.log(name, "aborted"))
          .on("close", () => {
            console.log(name, "closed", response.complete);
            done();
          });
      },
    );
    request.on("error", (error) => {
      console.log(name, error.name, error.code, error.message);
      done();
    });
    act?.run?.(request);
  });
server.listen(0, "127.0.0.1", async () => {
  await run("drop", "/drop");
  await run("half", "/half");
  await run("destroy", "/never", { run: (request) => setTimeout(() => request.destroy(), 30) });
  await run("destroy with", "/never", {
    run: (request) => setTimeout(() => request.destroy(new RangeError("mine")), 30),
  });
  const stop = new AbortController();
  await run("signal", "/never", { options: { signal: stop.signal }, run: () => setTimeout(() => stop.abort(), 30) });
  await run("fine", "/");
  server.close();
});
