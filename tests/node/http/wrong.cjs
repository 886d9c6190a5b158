// What requests and answers refuse.
const http = require("http");
const { show } = require("../show.js");
show("path", () => http.request({ path: "/a b" }));
show("method", () => http.request({ method: "G T" }));
show("method type", () => http.request({ method: 5 }));
show("protocol", () => http.request("ftp://a/"));
show("protocol option", () => http.request({ protocol: "https:" }));
show("url", () => http.request("nope"));
show("hostname", () => http.request({ hostname: 5 }));
show("header name", () => new http.OutgoingMessage().setHeader("a b", "c"));
show("header value", () => new http.OutgoingMessage().setHeader("a", undefined));
show("header text", () => new http.OutgoingMessage().setHeader("a", "x\ny"));
show("validate name", () => http.validateHeaderName(""));
show("validate value", () => http.validateHeaderValue("x", "\u0100"));
show("agent", () => http.request({ agent: 5 }));
show("lists", () => [
  http.METHODS.length > 30,
  http.METHODS.includes("QUERY"),
  http.STATUS_CODES[418],
  http.STATUS_CODES[404],
  http.maxHeaderSize,
]);
const server = http
  .createServer((request, response) => {
    show("status", () => response.writeHead(99));
    show("status text", () => response.writeHead("x"));
    response.setHeader("X-Many", ["a", "b"]);
    show("headers", () => [
      response.getHeader("x-many"),
      response.hasHeader("X-MANY"),
      response.getHeaderNames(),
      response.getHeaders(),
      response.headersSent,
    ]);
    response.write("x");
    show("after", () => response.setHeader("late", "1"));
    show("head after", () => response.writeHead(201));
    show("write null", () => response.write(null));

    response.end();
  })
  .listen(0, () =>
    http.get({ port: server.address().port }, (response) => response.resume().on("end", () => server.close())),
  );
