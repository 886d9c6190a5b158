// Chunked answers, trailers, writes in parts, flushHeaders, 1xx answers.
const http = require("http");
const server = http.createServer((request, response) => {
  if (request.url === "/early") {
    response.writeEarlyHints({ link: "</a>; rel=preload" });
    return void response.end("hinted");
  }
  response.setHeader("Trailer", "X-Sum");
  response.flushHeaders();
  response.write("one,");
  setImmediate(() => {
    response.write(Buffer.from("two,"));
    response.addTrailers({ "X-Sum": "3" });
    response.end("three");
  });
});
server.on("checkContinue", (request, response) => {
  response.writeContinue();
  request.resume().on("end", () => response.end("went on"));
});
server.listen(0, "127.0.0.1", () => {
  const get = (path, options = {}) =>
    new Promise((done) => {
      const request = http.request({ port: server.address().port, path, ...options }, (response) => {
        const parts = [];
        response
          .on("data", (part) => parts.push(String(part)))
          .on("end", () => {
            console.log(
              path,
              parts.join(""),
              response.headers["transfer-encoding"],
              response.trailers,
              response.rawTrailers,
            );
            done();
          });
      });
      request
        .on("information", (info) => console.log("information", info.statusCode, info.headers?.link))
        .on("continue", () => {
          console.log("continue");
          request.end("body");
        });
      if (!options.headers) request.end();
    });
  get("/chunks")
    .then(() => get("/early"))
    .then(() => get("/continue", { method: "POST", headers: { Expect: "100-continue" } }))
    .then(() => server.close());
});
