// Headers: how they are joined, written and limited; statuses without a body; streams through a server.
const http = require("node:http");
const zlib = require("node:zlib");
const { pipeline, Readable } = require("node:stream");
const { once } = require("node:events");
const read = async (stream) => { const parts = []; for await (const part of stream) parts.push(part); return Buffer.concat(parts); };
(async () => {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://x");
    if (pathname === "/joined") {
      const { cookie, accept, "x-many": many, host } = request.headers;
      response.end(JSON.stringify({ cookie, accept, many, host: host.replace(/:\d+/, ""), distinct: request.headersDistinct["x-many"], raw: request.rawHeaders.length }));
    } else if (pathname === "/304") response.writeHead(304, { ETag: "x" }).end("not sent");
    else if (pathname === "/array") response.writeHead(200, ["X-A", "1", "X-A", "2", "X-B", "3"]).end();
    else if (pathname === "/pack") {
      response.setHeader("Content-Encoding", "gzip");
      pipeline(Readable.from(["piped ", "through ", "gzip"]), zlib.createGzip(), response, () => {});
    } else if (pathname === "/echo") request.pipe(response);
    else if (pathname === "/trailers") {
      response.writeHead(200, { Trailer: "X-End" });
      response.write("body");
      response.addTrailers({ "X-End": "yes" });
      response.end();
    } else if (pathname === "/removed") {
      response.removeHeader("Date");
      response.sendDate = false;
      response.end("x");
    } else if (pathname === "/explicit") {
      response.setHeader("Content-Length", "3");
      response.write("ab");
      response.end("c");
    } else {
      response.on("error", () => {});
      try {
        response.end("first");
        response.setHeader("X", "1");
      } catch (error) {
        console.log(error.code);
      }
      response.write("late", (error) => console.log(error.code));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const ask = async (path, options = {}, body) => {
    const request = http.request({ host: "127.0.0.1", port, path, ...options });
    request.end(body);
    const [response] = await once(request, "response");
    const bytes = await read(response);
    return { status: response.statusCode, headers: response.headers, bytes, text: bytes.toString(), trailers: response.trailers };
  };
  console.log((await ask("/joined", { headers: { Cookie: ["a=1", "b=2"], Accept: "x", "X-Many": ["1", "2"] } })).text);
  const unmodified = await ask("/304");
  console.log(unmodified.status, unmodified.headers.etag, unmodified.headers["content-length"], unmodified.text === "");
  console.log((await ask("/array")).headers["x-a"]);
  const packed = await ask("/pack");
  console.log(packed.headers["content-encoding"], packed.headers["transfer-encoding"], zlib.gunzipSync(packed.bytes).toString());
  console.log((await ask("/echo", { method: "POST" }, "x".repeat(100000))).text.length);
  console.log((await ask("/trailers")).trailers);
  console.log("date" in (await ask("/removed")).headers);
  console.log((await ask("/explicit")).text);
  console.log((await ask("/other")).text);
  server.close();
})();
