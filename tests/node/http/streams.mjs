// Bodies that are streams, on both sides.
import http from "node:http";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import zlib from "node:zlib";
const server = http.createServer(async (request, response) => {
  if (request.url === "/up") {
    let size = 0;
    for await (const part of request) size += part.length;
    return void response.end(String(size));
  }
  if (request.url === "/gzip")
    return void pipeline(
      Readable.from(["zipped ", "text"]),
      zlib.createGzip(),
      response.writeHead(200, { "Content-Encoding": "gzip" }),
    );
  response.writeHead(200);
  for (let i = 0; i < 5; i++) {
    response.write(`part ${i};`);
    await new Promise(setImmediate);
  }
  response.end();
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}`;
const reader = (await fetch(base)).body.getReader();
let text = "";
for (let step = await reader.read(); !step.done; step = await reader.read())
  text += new TextDecoder().decode(step.value, { stream: true });
console.log(text, (await reader.closed) === undefined);
let again = "";
for await (const part of (await fetch(base)).body.pipeThrough(new TextDecoderStream())) again += part;
console.log(again.length);
console.log(await (await fetch(`${base}/gzip`)).text());
const body = new ReadableStream({
  start(c) {
    c.enqueue(new Uint8Array(70000));
    c.enqueue(new Uint8Array(5));
    c.close();
  },
});
console.log(await (await fetch(`${base}/up`, { method: "POST", body, duplex: "half" })).text());
const [one, two] = (await fetch(base)).body.tee();
console.log((await new Response(one).text()) === (await new Response(two).text()));
const cancelled = (await fetch(base)).body;
await cancelled.cancel("enough");
console.log((await cancelled.getReader().read()).done);
const copy = await fetch(base);
const clone = copy.clone();
console.log((await copy.text()).length, (await clone.text()).length);
server.close();
server.closeAllConnections();
