// Requests that two readers of the same bytes could cut differently: each on a connection of its own.
const http = require("http"), net = require("net");
const post = (name, headers, body) => `POST /${name} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`;
const chunked = (name, body) => post(name, "Transfer-Encoding: chunked", body);
const last = "\r\nabc\r\n0\r\n\r\n";
const cases = {
  bareFeed: "GET /a HTTP/1.1\nHost: x\nX: y\n\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n",
  bareFeedInHeader: post("b", "Foo: bar\nTransfer-Encoding: chunked", "0\r\n\r\n"),
  chunkFeed: chunked("c", "3\n" + last),
  chunkBlank: chunked("d", "3 " + last),
  chunkOther: chunked("e", "3\xa0\x0b" + last),
  chunkExtension: chunked("f", "3;a=b" + last),
  extensionFeed: chunked("g", "3;a\nb" + last),
  trailers: chunked("h", "0\r\nA: b\r\nC: d\r\n\r\n"),
  trailerFeed: chunked("i", "0\r\nA: b\nC: d\r\n\r\n"),
  codingTwice: post("j", "Transfer-Encoding: chunked, chunked", "3" + last),
  codingNotLast: post("k", "Transfer-Encoding: chunked, gzip", "3" + last),
  codings: post("l", "Transfer-Encoding: gzip, chunked", "3" + last),
  lengthBlank: post("m", "Content-Length:  3 ", "abc"),
  lengthOther: post("n", "Content-Length: \xa03", "abc"),
  method: "FOO /o HTTP/1.1\r\nHost: x\r\n\r\n",
};
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => { body += chunk; });
  request.on("end", () => {
    console.log("whole", request.url, JSON.stringify(body), JSON.stringify(request.trailers));
    response.end("ok");
  });
});
const tell = (name, text) => new Promise((done) => {
  let answer = "";
  const socket = net.connect(server.address().port, "127.0.0.1", () => socket.write(text, "latin1"));
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    answer += chunk;
    if (answer.includes("\r\n\r\n")) socket.destroy();
  });
  socket.on("close", () => {
    console.log(name, answer.split("\r\n")[0]);
    done();
  });
});
server.listen(0, "127.0.0.1", async () => {
  for (const [name, text] of Object.entries(cases)) await tell(name, text);
  server.close();
});
