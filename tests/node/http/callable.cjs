// Classes of `node:http` and `node:net` that old programs call on objects of their own.
const http = require("http");
const net = require("net");
const util = require("util");

function Response(request) {
  http.ServerResponse.call(this, request);
  this.own = true;
}
util.inherits(Response, http.ServerResponse);
const response = new Response({ method: "GET", httpVersionMajor: 1, httpVersionMinor: 1, headers: {} });
response.setHeader("X-A", "b");
response.statusCode = 201;
console.log(response.own, response.getHeader("x-a"), response.statusCode, response instanceof http.OutgoingMessage, response instanceof Response, response.constructor === Response);

function Request() {
  http.IncomingMessage.call(this, new net.Socket());
  this.method = "POST";
}
util.inherits(Request, http.IncomingMessage);
const request = new Request();
request.push("body");
request.push(null);
request.on("data", (chunk) => console.log(String(chunk), request.method, request instanceof http.IncomingMessage)).on("end", () => console.log("end"));

class Own extends http.IncomingMessage {
  get shouting() { return this.url.toUpperCase(); }
}
const server = http.Server({ IncomingMessage: Own }, (req, res) => res.end(req.shouting ?? req.url));
console.log(server instanceof http.Server, http.ServerResponse.name, http.IncomingMessage.name);
server.close();
